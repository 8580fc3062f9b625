//! Light looks: whether each loop polls or runs, and since when, in one or two reads of a few words.
//!
//! A whole look finds where the words lie. From then on each word that says where they lie is read
//! with them, and the decisive one twice, before and after what it refers to.

use std::num::NonZeroU64;

use crate::asyncio::{IterationPlace, Word};
use crate::cpython::untag;
use crate::model::{ItemId, LoopSeen};
use crate::process::{Memory, Piece};

/// Instructions of one function at which its callback was seen to run. There is one call in the
/// source, and another for debug mode.
const MAX_SITES: usize = 4;

/// One loop whose words are known.
#[derive(Debug)]
struct Known {
    id: ItemId,
    place: IterationPlace,
    /// Instructions at which a whole look saw a callback run.
    sites: Vec<u64>,
    /// The last reference to the time after polling: the next look reads the number with it.
    last: Option<NonZeroU64>,
}

/// Where the loops of a process have their words, as a whole look found them.
#[derive(Debug, Default)]
pub struct LoopPlaces {
    /// All loops.
    pub loops: Vec<ItemId>,
    /// Those whose words are known: with them, and whether a callback ran.
    pub known: Vec<(ItemId, IterationPlace, bool)>,
}

/// Loops whose words are known.
#[derive(Debug, Default)]
pub struct LightLook {
    loops: Vec<Known>,
}

impl LightLook {
    /// Notes what a whole look found. Forgets the loops that are gone.
    pub fn note(&mut self, places: LoopPlaces) {
        self.loops.retain(|known| places.loops.contains(&known.id));
        for (id, place, runs) in places.known {
            self.note_one(id, place, runs);
        }
    }

    fn note_one(&mut self, id: ItemId, place: IterationPlace, runs: bool) {
        let site = place.instruction.1;
        let known = self.loops.iter_mut().find(|it| it.id == id);
        let known = match known {
            Some(known) => {
                if known.place.code != place.code {
                    known.sites.clear();
                    known.last = None;
                }
                known.place = place;
                known
            }
            None => {
                self.loops.push(Known {
                    id,
                    place,
                    sites: Vec::new(),
                    last: None,
                });
                let last = self.loops.len() - 1;
                &mut self.loops[last]
            }
        };
        if runs && !known.sites.contains(&site) {
            if known.sites.len() == MAX_SITES {
                known.sites.remove(0);
            }
            known.sites.push(site);
        }
    }

    /// Looks at each loop in turn.
    pub fn take(&mut self, memory: &dyn Memory) -> Vec<(ItemId, LoopSeen)> {
        let loops = self.loops.iter_mut();
        loops.map(|known| (known.id, known.look(memory))).collect()
    }
}

impl Known {
    fn look(&mut self, memory: &dyn Memory) -> LoopSeen {
        // Between two callbacks the loop goes on to the next time: then the second try reads that.
        for _ in 0..2 {
            let words = Words::read(memory, &self.place, self.last);
            let Some(words) = words.filter(|words| words.is_of(&self.place)) else {
                return LoopSeen::NotKnown;
            };
            match (words.polled_at, words.number) {
                (None, _) => return LoopSeen::Polls,
                (Some(now), Some((of, since_s))) if now == of => {
                    return LoopSeen::Runs {
                        since_s,
                        in_call: self.sites.contains(&words.instruction),
                    };
                }
                (now, _) => self.last = now,
            }
        }
        LoopSeen::NotKnown
    }
}

/// The words of one loop.
struct Words {
    code: u64,
    own: Option<u64>,
    instruction: u64,
    /// The reference to the time after polling.
    polled_at: Option<NonZeroU64>,
    /// The number behind a reference to it that was the same before and after the number was read.
    number: Option<(NonZeroU64, f64)>,
}

impl Words {
    /// Reads them in one call, and the number behind `reference` as well.
    fn read(
        memory: &dyn Memory,
        place: &IterationPlace,
        reference: Option<NonZeroU64>,
    ) -> Option<Self> {
        let before = [
            place.code.0,
            place.own.0,
            place.instruction.0,
            place.polled_at,
        ];
        let [mut code, mut own, mut instruction, mut first] = [[0; 8]; 4];
        let [mut kind, mut value, mut second] = [[0; 8]; 3];
        let mut pieces: Vec<Piece<'_>> = before
            .iter()
            .zip([&mut code, &mut own, &mut instruction, &mut first])
            .map(|(word, to)| piece(*word, to))
            .collect();
        if let Some(reference) = reference.map(NonZeroU64::get) {
            let eight = |addr| Word { addr, size: 8 };
            pieces.push(piece(eight(place.float_type.0.at(reference)), &mut kind));
            pieces.push(piece(eight(place.float_value.at(reference)), &mut value));
            pieces.push(piece(place.polled_at, &mut second));
        }
        memory.read_many(&mut pieces);
        let done: Vec<bool> = pieces.iter().map(|piece| piece.done).collect();
        let (words, number) = done.split_at(before.len());
        if !words.iter().all(|done| *done) {
            return None;
        }
        let is_read = !number.is_empty() && number.iter().all(|done| *done);
        let [first, second] = [first, second].map(|it| referred(place, it));
        let is_float = u64::from_le_bytes(kind) == place.float_type.1;
        let number =
            reference.filter(|it| is_read && is_float && first == Some(*it) && second == Some(*it));
        Some(Self {
            code: u64::from_le_bytes(code),
            own: untag(place.references, u64::from_le_bytes(own)),
            instruction: u64::from_le_bytes(instruction),
            polled_at: first,
            number: number.map(|it| (it, f64::from_le_bytes(value))),
        })
    }

    /// Whether they are those of the loop.
    fn is_of(&self, place: &IterationPlace) -> bool {
        self.code == place.code.1 && self.own == Some(place.own.1)
    }
}

fn piece(word: Word, to: &mut [u8; 8]) -> Piece<'_> {
    Piece::new(word.addr, &mut to[..word.size])
}

/// The address of the object to which a variable refers. `None` if it is unbound.
fn referred(place: &IterationPlace, word: [u8; 8]) -> Option<NonZeroU64> {
    NonZeroU64::new(untag(place.references, u64::from_le_bytes(word))?)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use python_offsets::{Offset, ReferenceForm};
    use rustc_hash::FxHashMap;

    use super::*;
    use crate::process::{ReadError, ReadStats};

    /// Words of a process, and what happens to them just before a word is read.
    #[derive(Default)]
    struct Pretended {
        words: RefCell<FxHashMap<u64, u64>>,
        /// The address of a word, and what is written where before the next reading of it.
        before: RefCell<Vec<(u64, u64, u64)>>,
    }

    const CODE: u64 = 0x1000;
    const OWN: u64 = 0x1008;
    const AT: u64 = 0x1010;
    const POLLED: u64 = 0x1018;
    const LOOP: u64 = 0x7000;
    const TYPE: u64 = 0x8000;

    impl Pretended {
        fn new(polled_at: u64) -> Self {
            let pretended = Self::default();
            let words = [
                (CODE, 0xc0de00),
                (OWN, LOOP),
                (AT, 0x9000),
                (POLLED, polled_at),
            ];
            for (addr, word) in words {
                pretended.write(addr, word);
            }
            pretended.float(0x5000, 100.0);
            pretended.float(0x6000, 101.0);
            pretended
        }

        fn write(&self, addr: u64, word: u64) {
            self.words.borrow_mut().insert(addr, word);
        }

        fn float(&self, addr: u64, number: f64) {
            self.write(addr + 8, TYPE);
            self.write(addr + 16, number.to_bits());
        }
    }

    impl Memory for Pretended {
        fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            let mut before = self.before.borrow_mut();
            if let Some(index) = before.iter().position(|(at, ..)| *at == addr) {
                let (_, addr, word) = before.remove(index);
                self.write(addr, word);
            }
            let words = self.words.borrow();
            let word = words.get(&addr).copied().unwrap_or_default();
            buf.copy_from_slice(&word.to_le_bytes()[..buf.len()]);
            Ok(())
        }

        fn stats(&self) -> ReadStats {
            ReadStats::default()
        }
    }

    fn place() -> IterationPlace {
        let word = |addr| Word { addr, size: 8 };
        IterationPlace {
            code: (word(CODE), 0xc0de00),
            own: (word(OWN), LOOP),
            instruction: (word(AT), 0x9000),
            polled_at: word(POLLED),
            references: ReferenceForm::Plain,
            float_type: (Offset::new(8), TYPE),
            float_value: Offset::new(16),
        }
    }

    fn places(ids: &[&str], runs: bool) -> LoopPlaces {
        let loops: Vec<ItemId> = ids.iter().map(|id| (*id).into()).collect();
        LoopPlaces {
            known: loops.iter().map(|id| (*id, place(), runs)).collect(),
            loops,
        }
    }

    fn look(memory: &Pretended, runs: bool) -> LoopSeen {
        let mut light = LightLook::default();
        light.note(places(&["loop:0x7000"], runs));
        light.take(memory)[0].1
    }

    fn runs(since_s: f64, in_call: bool) -> LoopSeen {
        LoopSeen::Runs { since_s, in_call }
    }

    #[test]
    fn an_unbound_time_polls_and_a_bound_one_says_since_when_it_runs() {
        assert_eq!(look(&Pretended::new(0), true), LoopSeen::Polls);
        assert_eq!(look(&Pretended::new(0x5000), true), runs(100.0, true));
        // No whole look has seen a callback run there.
        assert_eq!(look(&Pretended::new(0x5000), false), runs(100.0, false));
    }

    #[test]
    fn another_function_and_another_loop_are_not_known() {
        for (addr, word) in [(CODE, 0xc0de08), (OWN, LOOP + 16)] {
            let memory = Pretended::new(0x5000);
            memory.write(addr, word);
            assert_eq!(look(&memory, true), LoopSeen::NotKnown);
        }
    }

    #[test]
    fn what_is_no_number_is_not_known() {
        let memory = Pretended::new(0x5000);
        memory.write(0x5008, TYPE + 16);
        assert_eq!(look(&memory, true), LoopSeen::NotKnown);
    }

    #[test]
    fn a_number_counts_only_if_the_variable_is_the_same_before_and_after() {
        let memory = Pretended::new(0x5000);
        // The iteration ends while its time is read for the first time.
        *memory.before.borrow_mut() = vec![(0x5010, POLLED, 0x6000)];
        assert_eq!(look(&memory, true), LoopSeen::NotKnown);
        assert_eq!(look(&memory, true), runs(101.0, true));
    }

    #[test]
    fn a_loop_that_is_gone_is_forgotten() {
        let mut light = LightLook::default();
        light.note(places(&["loop:0x7000"], true));
        light.note(places(&["loop:0x9000"], true));
        assert_eq!(light.loops.len(), 1);
        assert_eq!(light.loops[0].id, "loop:0x9000".into());
    }
}
