//! Coroutines, generators and asynchronous generators: state, frame and awaited
//! object. "Generator-like" means all three.

use python_offsets::{FrameForm, SuspendedForm};

use super::frame::{FrameSlot, RawFrame};
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::Reader;

/// The state of a generator-like object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeneratorStage {
    /// It has not started.
    Created,
    /// It is suspended at a `yield` or an `await`, see [`Reader::awaited`].
    Suspended,
    /// It is on the stack of a thread.
    Executing,
    /// It has returned or raised.
    Finished,
}

/// A generator-like object.
#[derive(Debug, Clone)]
pub struct RawGenerator {
    /// Address of the object.
    pub addr: u64,
    /// Its state.
    pub stage: GeneratorStage,
    /// Whether its state says that it is suspended at an `await`; from 3.13.
    yield_from: bool,
    /// Address of its frame. `None` once it is finished.
    pub frame: Option<u64>,
}

impl Reader<'_> {
    /// The generator-like object at `addr`. The caller has checked its type.
    ///
    /// # Errors
    /// When it cannot be read or its state is none of the known ones.
    pub fn generator(&self, addr: u64) -> Result<RawGenerator> {
        match self.layout.format.frame {
            FrameForm::Object => self.generator_with_frame_object(addr),
            FrameForm::Interpreter => self.generator_with_embedded_frame(addr),
        }
    }

    fn generator_with_frame_object(&self, addr: u64) -> Result<RawGenerator> {
        let layout = &self.layout.generator;
        let missing = DecodeError::NotInLayout { what: "gi_frame" };
        let at = layout.frame.ok_or(missing)?.at(addr);
        let frame = self.pointer(at, "gi_frame")?;
        let stage = match frame {
            None => GeneratorStage::Finished,
            Some(frame) => self.frame_object_stage(addr, frame)?,
        };
        Ok(RawGenerator {
            addr,
            stage,
            yield_from: false,
            frame,
        })
    }

    fn frame_object_stage(&self, addr: u64, frame: u64) -> Result<GeneratorStage> {
        if let Some(offset) = self.layout.frame.state {
            return self.stage_of(self.i8(offset.at(frame))?, addr);
        }
        if let Some(running) = self.layout.generator.running
            && self.u8(running.at(addr))? != 0
        {
            return Ok(GeneratorStage::Executing);
        }
        let missing = DecodeError::NotInLayout { what: "f_lasti" };
        let lasti = self.layout.frame.lasti.ok_or(missing)?;
        Ok(match self.i32(lasti.at(frame))? {
            lasti if lasti < 0 => GeneratorStage::Created,
            _ => GeneratorStage::Suspended,
        })
    }

    fn generator_with_embedded_frame(&self, addr: u64) -> Result<RawGenerator> {
        let layout = &self.layout.generator;
        let missing = DecodeError::NotInLayout { what: "gi_iframe" };
        let (Some(iframe), Some(state)) = (layout.iframe, layout.frame_state) else {
            return Err(missing);
        };
        let state = self.i8(state.at(addr))?;
        let stage = self.stage_of(state, addr)?;
        Ok(RawGenerator {
            addr,
            stage,
            yield_from: self
                .layout
                .generator_state
                .suspended_yield_from
                .contains(&state),
            frame: (stage != GeneratorStage::Finished).then_some(iframe.at(addr)),
        })
    }

    fn stage_of(&self, state: i8, addr: u64) -> Result<GeneratorStage> {
        let states = &self.layout.generator_state;
        let stages = [
            (&states.created, GeneratorStage::Created),
            (&states.suspended, GeneratorStage::Suspended),
            (&states.suspended_yield_from, GeneratorStage::Suspended),
            (&states.executing, GeneratorStage::Executing),
            (&states.finished, GeneratorStage::Finished),
        ];
        stages
            .iter()
            .find(|(numbers, _)| numbers.contains(&state))
            .map(|(_, stage)| *stage)
            .ok_or(DecodeError::Corrupt {
                what: "state of a generator",
                addr,
            })
    }

    /// The frame of `generator`. `None` once it is finished.
    ///
    /// # Errors
    /// When the frame cannot be read.
    pub fn generator_frame(&self, generator: &RawGenerator) -> Result<Option<RawFrame>> {
        match generator.frame {
            None => Ok(None),
            Some(addr) => match self.frame(addr)? {
                FrameSlot::Python { frame, .. } => Ok(Some(frame)),
                FrameSlot::Skipped { .. } => Err(DecodeError::Corrupt {
                    what: "owner of a generator's frame",
                    addr,
                }),
            },
        }
    }

    /// The frame of the generator-like object at `addr`, unless it is running or has finished.
    pub fn suspended_frame(&self, addr: u64) -> Option<RawFrame> {
        let generator = self.generator(addr).ok()?;
        match generator.stage {
            GeneratorStage::Created | GeneratorStage::Suspended => {
                self.generator_frame(&generator).ok()?
            }
            _ => None,
        }
    }

    /// `frame` with the qualified name of its generator-like object at `generator`.
    /// Unchanged if that name cannot be read.
    pub fn with_qualname(&self, frame: RawFrame, generator: u64) -> RawFrame {
        match self.generator_qualname(generator) {
            Ok(name) => RawFrame {
                at: self.locations.named(&frame.at, self.shared(&name)),
                ..frame
            },
            Err(_) => frame,
        }
    }

    /// The object that a suspended generator-like object awaits (`cr_await`,
    /// `gi_yieldfrom`, `ag_await`). `None` at a plain `yield`, and for other states.
    ///
    /// # Errors
    /// When its code or its stack cannot be read.
    pub fn awaited(&self, generator: &RawGenerator, frame: &RawFrame) -> Result<Option<u64>> {
        if generator.stage != GeneratorStage::Suspended {
            return Ok(None);
        }
        let at_await = match self.layout.format.suspended {
            SuspendedForm::State => generator.yield_from,
            SuspendedForm::YieldFromOpcode => {
                let next = self.u8(frame
                    .at
                    .code
                    .instructions
                    .wrapping_add_signed(frame.at.offset + 2))?;
                self.layout.format.await_opcodes.contains(&next)
            }
            SuspendedForm::ResumeOpcode => {
                let unit = frame
                    .at
                    .code
                    .instructions
                    .wrapping_add_signed(frame.at.offset + 2);
                let (opcode, argument) = (self.u8(unit)?, self.u8(unit + 1)?);
                // Argument of `RESUME`: 2 after `yield from`, 3 after `await`.
                self.layout.format.await_opcodes.contains(&opcode) && argument & 3 >= 2
            }
        };
        if !at_await {
            return Ok(None);
        }
        self.stack_slot(frame, self.layout.format.awaited_slot)
    }

    /// The qualified name of the generator-like object at `addr`. It may differ from
    /// that of its function.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn generator_qualname(&self, addr: u64) -> Result<std::rc::Rc<str>> {
        let at = self.layout.generator.qualname.at(addr);
        self.text(self.required(at, "qualified name")?)
    }
}
