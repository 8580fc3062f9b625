//! Messages as they lie on the wire, lenient on the way in.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::failure::Failure;

/// A request of the client.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Clients number from 1; Helix 25.01 from 0.
    pub seq: i64,
    pub command: String,
    /// Absent and `null` are an empty object.
    pub arguments: Value,
}

impl Request {
    /// The request in the body of a message.
    ///
    /// # Errors
    /// What is wrong with it, and the number to answer to, where it has one.
    pub fn parse(body: &[u8]) -> Result<Self, (i64, Failure)> {
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            (
                0,
                Failure::malformed(format!("the message is no JSON: {error}")),
            )
        })?;
        let Value::Object(mut message) = value else {
            let text = "the message is no JSON object".to_owned();
            return Err((0, Failure::malformed(text)));
        };
        let seq = message.get("seq").and_then(Value::as_i64).unwrap_or(0);
        let refuse = |text: &str| Err((seq, Failure::malformed(text.to_owned())));
        match message.get("type").and_then(Value::as_str) {
            Some("request") => {}
            _ => return refuse("the message is no request: `type` must be \"request\""),
        }
        let Some(Value::String(command)) = message.remove("command") else {
            return refuse("the request names no `command`");
        };
        let arguments = match message.remove("arguments") {
            None | Some(Value::Null) => Value::Object(Map::new()),
            Some(arguments) => arguments,
        };
        Ok(Self {
            seq,
            command,
            arguments,
        })
    }

    /// The arguments as what the request expects. Fields that it does not know
    /// are ignored.
    ///
    /// # Errors
    /// When a field is missing or of the wrong type, which it names.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let mut arguments = self.arguments.clone();
        // `null` is how some clients write that they leave a field out.
        if let Value::Object(fields) = &mut arguments {
            fields.retain(|_, value| !value.is_null());
        }
        serde_json::from_value(arguments).map_err(|error| {
            Failure::malformed(format!("the arguments of `{}`: {error}", self.command))
        })
    }
}

/// What goes to the client.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Outgoing {
    Response(Response),
    Event(Event),
}

/// The answer to a request.
#[derive(Debug, Serialize)]
pub struct Response {
    pub seq: i64,
    pub request_seq: i64,
    pub success: bool,
    pub command: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// Something that the client did not ask for.
#[derive(Debug, Serialize)]
pub struct Event {
    pub seq: i64,
    pub event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

#[cfg(test)]
mod tests {
    use crate::dap::protocol::messages::*;
    use serde::Deserialize;

    #[test]
    fn requests_are_read_as_clients_write_them() {
        let parse = |text: &str| Request::parse(text.as_bytes()).unwrap();
        let helix = parse(r#"{"seq":0,"type":"request","command":"threads","arguments":null}"#);
        assert_eq!((helix.seq, helix.arguments), (0, Value::Object(Map::new())));
        #[derive(Deserialize)]
        struct Levels {
            levels: Option<u32>,
        }
        let null = parse(
            r#"{"seq":1,"type":"request","command":"x","arguments":{"levels":null,"other":1}}"#,
        );
        assert_eq!(null.arguments::<Levels>().unwrap().levels, None);
        let wrong = parse(r#"{"seq":1,"type":"request","command":"x","arguments":{"levels":"a"}}"#);
        let failure = wrong.arguments::<Levels>().err().unwrap();
        assert!(
            failure.text.contains("the arguments of `x`"),
            "{}",
            failure.text
        );
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for (body, seq) in [
            (&b"\xff\xfe"[..], 0),
            (b"[]", 0),
            (b"{}", 0),
            (br#"{"seq": 7, "type": "response"}"#, 7),
            (br#"{"seq": 7, "type": "request"}"#, 7),
            (br#"{"seq": 7, "type": "request", "command": 1}"#, 7),
        ] {
            assert_eq!(Request::parse(body).unwrap_err().0, seq);
        }
    }
}
