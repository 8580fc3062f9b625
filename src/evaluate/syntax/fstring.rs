//! f-strings.

use ruff_python_ast::{
    ConversionFlag, FStringPart, FStringValue, InterpolatedElement, InterpolatedStringElement,
};
use ruff_text_size::Ranged;

use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::Result;
use crate::evaluate::values::operand::{Operand, Str};

impl Machine<'_, '_> {
    pub(crate) fn f_string(&self, value: &FStringValue) -> Result<Operand> {
        let mut points = Vec::new();
        for part in value {
            match part {
                FStringPart::Literal(literal) => {
                    points.extend(self.literal_points(&literal.value, literal.range())?);
                }
                FStringPart::FString(string) => {
                    for element in &string.elements {
                        self.element(element, &mut points)?;
                    }
                }
            }
        }
        self.charge(points.len().saturating_mul(4))?;
        Ok(Operand::text(points))
    }

    fn element(&self, element: &InterpolatedStringElement, points: &mut Vec<u32>) -> Result<()> {
        match element {
            InterpolatedStringElement::Literal(literal) => {
                points.extend(self.literal_points(&literal.value, literal.range())?);
            }
            InterpolatedStringElement::Interpolation(part) => {
                let text = self.interpolation(part, points)?;
                points.extend_from_slice(text.points());
            }
        }
        Ok(())
    }

    /// A replacement field; the text of `{value=}` is put in front.
    fn interpolation(&self, part: &InterpolatedElement, points: &mut Vec<u32>) -> Result<Str> {
        let value = self.evaluate(&part.expression)?;
        let mut conversion = part.conversion;
        if let Some(debug) = &part.debug_text {
            let shown = format!(
                "{}{}{}",
                debug.leading(),
                debug.expression(),
                debug.trailing()
            );
            points.extend(shown.chars().map(u32::from));
            if conversion == ConversionFlag::None && part.format_spec.is_none() {
                conversion = ConversionFlag::Repr;
            }
        }
        let value = match conversion {
            ConversionFlag::None => value,
            ConversionFlag::Str => Operand::Str(self.str(&value)?),
            ConversionFlag::Repr => Operand::text(self.repr(&value)?),
            ConversionFlag::Ascii => Operand::text(self.ascii(&value)?),
        };
        let mut spec = Vec::new();
        if let Some(format) = &part.format_spec {
            for element in &format.elements {
                self.element(element, &mut spec)?;
            }
        }
        self.format(&value, &Str::from(spec))
    }
}
