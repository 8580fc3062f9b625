//! Coroutines, generators and asynchronous generators: state, frame and what
//! a suspended one awaits.

use python_offsets::{FrameForm, SuspendedForm};

use super::frame::{FrameSlot, RawFrame};
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::Reader;

/// Where a generator-like object is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeneratorStage {
    Created,
    /// Suspended; whether at an await is known from its frame.
    Suspended,
    Executing,
    Finished,
}

/// A generator-like object.
#[derive(Debug, Clone)]
pub struct RawGenerator {
    pub addr: u64,
    pub stage: GeneratorStage,
    /// From 3.13: suspended at an await, by its state.
    yield_from: bool,
    /// Address of its frame; none when it is finished.
    pub frame: Option<u64>,
}

impl Reader<'_> {
    /// The generator-like object at `addr`, whose type the caller has checked.
    pub fn generator(&self, addr: u64) -> Result<RawGenerator> {
        match self.layout.format.frame {
            FrameForm::Object => self.generator_with_frame_object(addr),
            FrameForm::Interpreter => self.generator_with_embedded_frame(addr),
        }
    }

    fn generator_with_frame_object(&self, addr: u64) -> Result<RawGenerator> {
        let layout = &self.layout.generator;
        let missing = DecodeError::NotInLayout { what: "gi_frame" };
        let at = addr + u64::from(layout.frame.ok_or(missing)?);
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
            return self.stage_of(self.i8(frame + u64::from(offset))?, addr);
        }
        if let Some(running) = self.layout.generator.running
            && self.u8(addr + u64::from(running))? != 0
        {
            return Ok(GeneratorStage::Executing);
        }
        let missing = DecodeError::NotInLayout { what: "f_lasti" };
        let lasti = self.layout.frame.lasti.ok_or(missing)?;
        Ok(match self.i32(frame + u64::from(lasti))? {
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
        let state = self.i8(addr + u64::from(state))?;
        let stage = self.stage_of(state, addr)?;
        Ok(RawGenerator {
            addr,
            stage,
            yield_from: self
                .layout
                .generator_state
                .suspended_yield_from
                .contains(&state),
            frame: (stage != GeneratorStage::Finished).then_some(addr + u64::from(iframe)),
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

    /// The frame of a generator-like object.
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

    /// The frame under the qualified name of its generator, if that can be read.
    pub fn with_qualname(&self, frame: RawFrame, generator: u64) -> RawFrame {
        match self.generator_qualname(generator) {
            Ok(name) => RawFrame {
                at: self.places.named(&frame.at, self.shared(&name)),
                ..frame
            },
            Err(_) => frame,
        }
    }

    /// What a suspended generator-like object awaits (`cr_await`,
    /// `gi_yieldfrom`, `ag_await`); `None` at a plain `yield`.
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
                // RESUME's argument: 2 after `yield from`, 3 after `await`.
                self.layout.format.await_opcodes.contains(&opcode) && argument & 3 >= 2
            }
        };
        if !at_await {
            return Ok(None);
        }
        self.stack_slot(frame, self.layout.format.awaited_slot)
    }

    /// Name and qualified name of a generator-like object, which may have been
    /// changed after its function was defined.
    pub fn generator_qualname(&self, addr: u64) -> Result<std::rc::Rc<str>> {
        let at = addr + u64::from(self.layout.generator.qualname);
        self.text(self.required(at, "qualified name")?)
    }
}
