//! Sources that are meant to exhaust the stack, the memory or the patience.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use dapper_attach::cpython::Reader;
use dapper_attach::evaluate::{Bounds, Names};

use super::{Answer, answer, in_probe};
use crate::support::legs::Leg;
use crate::support::target::Target;
use crate::support::{Outcome, none};

/// The default stack of a thread.
const STACK: usize = 2 << 20;
const DEADLINE: Duration = Duration::from_secs(2);
/// An evaluation that takes longer does not check its deadline.
const STUCK: Duration = Duration::from_secs(60);
/// The test ends after this many stuck threads.
const MAX_STUCK: usize = 6;

/// All must be refused, or raise.
const REFUSED: &[&str] = &[
    "",
    " ",
    " \t \n ",
    "\n",
    "#",
    "\0",
    "1\0",
    "'\0'",
    "\u{feff}",
    "\u{202e}1",
    "\\",
    "\\\n",
    "'",
    "'''",
    "'abc",
    "\"abc\\",
    "f'",
    "f'{",
    "f'{1",
    "f'{1:",
    "f'{1!",
    "f'{1:{",
    "f'{'{'",
    "b'é'",
    "'\\x'",
    "'\\x0'",
    "'\\u12'",
    "'\\U00110000'",
    "'\\N{}'",
    "'\\N{",
    "b'\\x0'",
    "'\\ud800'.encode()",
    "1e",
    "0x",
    "1__0",
    "1_",
    "0b2",
    "0o8",
    "01",
    "1.e",
    "((",
    "))",
    ")(",
    "[}",
    "{(})",
    "\u{85}\u{2028}",
    "10**10**10",
    "9**9**9 % 7",
    "1<<10**12",
    "2**(2**40)",
    "1<<(1<<40)",
    "(10**100000)**10000",
    "pow(2, 10**12)",
    "(-3)**(10**15)",
    "'x'*10**12",
    "b'x'*10**12",
    "[0]*10**12",
    "(0,)*10**18",
    "'x'*10**30",
    "[[[[0]*1000]*1000]*1000]*1000",
    "[i for i in range(10**12)]",
    "{i for i in range(10**12)}",
    "{i: i for i in range(10**12)}",
    "sum(range(10**15))",
    "max(range(2**70))",
    "sorted(range(10**12))",
    "list(range(2**200))",
    "tuple(range(10**12))",
    "[*range(10**12)]",
    "{*range(10**12)}",
    "{**{i: i for i in range(10**12)}}",
    "dict.fromkeys(range(10**12))",
    "list(zip(range(10**12), range(10**12)))",
    "list(enumerate(range(10**12)))",
    "list(map(str, range(10**12)))",
    "list(filter(None, range(10**12)))",
    "any(False for _ in range(10**12))",
    "all(True for _ in range(10**12))",
    "[0 for x in range(10**6) for y in range(10**6) if 0]",
    "''.join('x' for _ in range(10**12))",
    "max(*range(10**12))",
    "(lambda *a: a)(*range(10**12))",
    "(lambda f: f(f))(lambda f: f(f))",
    "(lambda f: f(f, 0))(lambda f, n: [f(f, n + 1) for _ in range(2)])",
    "('a'*10**6).replace('a', 'b'*10**6)",
    "('a'*10**6).replace('', 'b'*10**6)",
    "'x'.join(['y'*10**6]*10**6)",
    "sum([[0]*1000]*10**6, [])",
    "'%999999999999d' % 1",
    "'%0999999999d' % 1",
    "'%.999999999f' % 1",
    "'%*d' % (10**12, 1)",
    "'%99999999999999999999d' % 1",
    "f'{1:0999999999}'",
    "f'{1.0:.999999999f}'",
    "f'{1:{10**12}}'",
    "'{:{}}'.format(1, 10**12)",
    "'{:99999999999999999999}'.format(1)",
    "('{' * (10**5 + 1)).format()",
    "'x'.center(10**12)",
    "'x'.ljust(2**62)",
    "'x'.rjust(2**64)",
    "'x'.zfill(10**12)",
    "b'x'.zfill(10**12)",
    "'\\t'.expandtabs(10**12)",
    "(5).to_bytes(10**12, 'big')",
    "bytes(10**12)",
    "bytearray(10**12)",
    "bytes(range(10**12))",
    "'x'[::2**63] * 2**63",
    "int('9'*10**6)",
    "str(7**300000)",
    "chr(2**64)",
    "'abc'.split('b', 2**64)",
    "[1][2**64]",
    "1 >> -2**64",
    "argument.no_such.thing",
    "looped[1][1][1][1][5]",
    "[looped for _ in range(10**9)]",
];

/// These may have a value or not; they must end.
const ENDING: &[&str] = &[
    "pow(3, 2**1000000 - 1, 2**1000000 - 3)",
    "pow(7, 3**600000, 5**400000)",
    "(7**350000) // (3**200000)",
    "(7**350000) % (3**200000)",
    "(7**370000) * (7**370000) % 1000",
    "len(hex(2**1000000))",
    "int('f'*10**5, 36)",
    "int('1'*10**6, 2) % 7",
    "7**350000 / 7**349999",
    "float(7**350000)",
    "(2**1000000).bit_length()",
    "2**1000000 == 2.0",
    "hash(7**350000)",
    "('a'*10**6).find('a'*500000 + 'b')",
    "('a'*10**6).count('a'*500000 + 'b')",
    "('a'*10**6).replace('a'*500000 + 'b', '')",
    "('a'*10**6).split('a'*500000 + 'b')",
    "('a'*500000 + 'b') in 'a'*10**6",
    "(b'a'*10**6).find(b'a'*500000 + b'b')",
    "('a'*10**6).rfind('b' + 'a'*500000)",
    "('x'*10**6).strip('y'*10**6 + 'x')",
    "('x'*10**6).translate({120: 'y'})",
    "('xX'*10**5).title().swapcase().casefold()",
    "len({i: i for i in range(10**5)})",
    "len(set(range(10**5)))",
    "len({str(i) for i in range(10**5)})",
    "len({(i, i) for i in range(10**5)})",
    "[i in list(range(10**5)) for i in range(10**5)]",
    "sorted(range(10**5), key=lambda x: -x)[0]",
    "[0]*10**6 == [0]*10**6",
    "long_list * 100 == long_list * 100",
    "[long_list]*10**5 == [long_list]*10**5",
    "repr([long_list]*1000)[:10]",
    "looped == [1, looped]",
    "looped < [1, looped]",
    "looped_dict == {'a': 1, 'self': looped_dict}",
    "sorted([looped, looped])",
    "str(looped_dict)*10",
    "looped in looped",
    "(lambda f: f(f, 300))(lambda f, n: n and f(f, n - 1))",
    "isinstance(1, (int,)*10**6)",
    "'{0}{0}{0}{0}'.format('x'*10**6)",
    "'%s%s' % ('x'*10**6, 'y'*10**6)",
    "slice(None, None, -1).indices(10**100)",
    "range(10**100)[::7][5]",
    "range(-10**100, 10**100, 3).index(10**100 - 1)",
    "5 in range(10**100)",
    "range(10**12).count('x')",
    "'5' in range(10**12)",
    "5.5 in range(10**12)",
    "-0.0 // 5e-324",
    "divmod(1e308, 5e-324)",
    "1e308 % 5e-324",
    "round(1.5, 2**64)",
    "round(5e-324, 400)",
    "round(10**5000, -4990)",
    "(1.7976931348623157e308).hex()",
    "f'{1.7976931348623157e308:.1000f}'",
    "f'{5e-324:.1200f}'",
    "'\\ud800\\udc00'",
    "'\\ud800' + '\\udc00'",
    "'\\q'",
    "b'\\q'",
];

/// Sources that are long or deep, and whether they must be refused: some have
/// a value.
fn grown() -> Vec<Source> {
    const MANY: usize = 100_000;
    let mut sources = Vec::new();
    for unit in [
        "(",
        "[",
        "{",
        "-",
        "~",
        "+",
        "not ",
        "lambda: ",
        "lambda x=",
        "f(",
        "x[",
        "x[1:",
        "{1:",
        "{**",
        "[*",
        "1+",
        "1**",
        "1<",
        "1 and ",
        "1 or ",
        "x if ",
        "1 if 1 else ",
        "await ",
        "*",
        "**",
        "x.",
        "x:=",
        "(x:=",
        "f'{",
        "f'{x!r:{",
        "f'''{f\"\"\"{",
        "yield ",
        "[x for x in ",
        "[0 for x in y if ",
        "\\\n",
        "\n",
        "#\n",
        "\u{feff}",
        ")",
        "}",
        "'",
        "\"",
        "\\N{",
        "1,(",
        "_=",
        "print(",
        "sorted(key=",
    ] {
        sources.push((true, unit.repeat(MANY)));
        sources.push((false, format!("{}1", unit.repeat(MANY))));
        // Below the limit of length, not of depth.
        sources.push((false, format!("{}1", unit.repeat(2_000))));
    }
    for (before, middle, after) in [
        ("(", "1", ")"),
        ("(", "1", ",)"),
        ("[", "1", "]"),
        ("{1:", "1", "}"),
        ("[", "1", " for x in [1]]"),
        ("[1 for x in ", "[1]", "]"),
        ("(", "x", ".a)"),
        ("len(", "x", ")"),
        ("x[", "0", "]"),
        ("(lambda: ", "1", ")()"),
        ("f'{", "1", "}'"),
        ("f'{1:{", "1", "}}'"),
        ("(1 if 1 else ", "1", ")"),
        ("(not ", "1", ")"),
        ("{*", "()", "}"),
        ("", "x", ".a"),
        ("", "x", "()"),
        ("", "x", "[0]"),
        ("", "x", "(0)[0].a"),
    ] {
        for count in [200, 1_000, 10_000, MANY] {
            let (before, after) = (before.repeat(count), after.repeat(count));
            sources.push((count >= 10_000, format!("{before}{middle}{after}")));
        }
    }
    sources.push((true, "(".repeat(1 << 20)));
    sources.push((false, "9".repeat(1 << 20)));
    sources.push((false, format!("'{}'", "x".repeat(1 << 20))));
    sources.push((true, format!("({}", "\n".repeat(1 << 20))));
    sources
}

/// A source, and whether it must be refused.
type Source = (bool, String);

pub fn sources(leg: &Leg) -> Outcome {
    let (mut target, _) = Target::program(leg, "expressions.py")?;
    let refused = REFUSED.iter().map(|source| (true, (*source).to_owned()));
    let ending = ENDING.iter().map(|source| (false, (*source).to_owned()));
    let sources: Vec<_> = refused.chain(ending).chain(grown()).collect();
    let mut mismatches = Vec::new();
    let mut rest = &sources[..];
    for _ in 0..MAX_STUCK {
        let answered = until_stuck(target.pid(), rest, &mut mismatches)?;
        let Some(stuck) = rest.get(answered) else {
            rest = &[];
            break;
        };
        mismatches.push(format!("{}: no answer in {STUCK:?}", named(stuck)));
        rest = &rest[answered + 1..];
    }
    println!(
        "evaluate hostile sources: {} of {} right",
        sources.len() - rest.len() - mismatches.len(),
        sources.len()
    );
    if !target.is_running_freely() {
        mismatches.push("the target no longer runs".into());
    }
    none(&mismatches)
}

fn named((_, source): &Source) -> String {
    let start: String = source.chars().take(60).collect();
    format!("{start:?} ({} bytes)", source.len())
}

/// Judges the answers to `sources` up to the first that has none; returns how
/// many were judged.
fn until_stuck(
    pid: u32,
    sources: &[Source],
    mismatches: &mut Vec<String>,
) -> Result<usize, String> {
    let (sender, answers) = channel();
    let asked = sources.to_vec();
    let worker = thread::Builder::new().stack_size(STACK);
    let worker = worker
        .spawn(move || in_probe(pid, |reader, names| ask(&asked, reader, names, &sender)))
        .map_err(|error| error.to_string())?;
    for (index, source) in sources.iter().enumerate() {
        match answers.recv_timeout(STUCK) {
            Ok(value @ Answer::Value { .. }) if source.0 => {
                mismatches.push(format!("{}: {value}", named(source)));
            }
            Ok(Answer::Failed(why)) => mismatches.push(format!("{}: {why}", named(source))),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return Ok(index),
            Err(RecvTimeoutError::Disconnected) => {
                worker.join().map_err(|_| panicked(source))??;
                return Err(format!("{}: nothing came back", named(source)));
            }
        }
    }
    Ok(sources.len())
}

fn panicked(source: &Source) -> String {
    format!("{}: the evaluator panicked", named(source))
}

/// Evaluates one after the other.
fn ask(sources: &[(bool, String)], reader: &Reader<'_>, names: &Names, answers: &Sender<Answer>) {
    for (_, source) in sources {
        let bounds = Bounds {
            deadline: Some(Instant::now() + DEADLINE),
            ..Bounds::default()
        };
        // Nobody listens any more once one was stuck.
        if answers
            .send(answer(source, reader, names, &bounds))
            .is_err()
        {
            return;
        }
    }
}
