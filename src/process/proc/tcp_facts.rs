//! What the kernel knows of the path of a TCP connection (`struct tcp_info`).

use serde::{Deserialize, Serialize};

/// Offsets in `struct tcp_info` (linux/tcp.h). The structure only grows, so that an older
/// kernel gives less of it.
const RETRANSMITS: usize = 2;
const LAST_DATA_RECV: usize = 52;
const LAST_ACK_RECV: usize = 56;
/// Since Linux 5.4.
const SND_WND: usize = 228;

/// The kernel's numbers of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpFacts {
    /// Bytes that have arrived and were not read.
    pub unread: u64,
    /// Bytes that were written and that the other end has not acknowledged.
    pub unacknowledged: u64,
    /// How often the oldest of these was sent again (`tcpi_retransmits`).
    pub sent_again: u8,
    /// Milliseconds since data came from the other end, or since the connection was made.
    pub since_data_ms: u32,
    /// Milliseconds since anything was acknowledged by the other end.
    pub since_answer_ms: u32,
    /// Bytes that the other end has room for. `None` before Linux 5.4.
    pub window: Option<u32>,
}

impl TcpFacts {
    /// The facts in a `struct tcp_info` and the queues of the same moment. `None` when it is
    /// too short.
    pub(super) fn read(info: &[u8], unread: u32, unacknowledged: u32) -> Option<Self> {
        let number = |at: usize| {
            let bytes = info.get(at..at + size_of::<u32>())?;
            Some(u32::from_ne_bytes(bytes.try_into().ok()?))
        };
        Some(Self {
            unread: unread.into(),
            unacknowledged: unacknowledged.into(),
            sent_again: *info.get(RETRANSMITS)?,
            since_data_ms: number(LAST_DATA_RECV)?,
            since_answer_ms: number(LAST_ACK_RECV)?,
            window: number(SND_WND),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::TcpFacts;

    #[test]
    fn older_kernels_give_less() {
        let mut info = vec![0; 232];
        info[2] = 3;
        info[52..60].copy_from_slice(&[1, 1, 0, 0, 2, 1, 0, 0]);
        info[228] = 9;
        let facts = TcpFacts::read(&info, 5, 6).unwrap();
        assert_eq!((facts.sent_again, facts.window), (3, Some(9)));
        assert_eq!((facts.since_data_ms, facts.since_answer_ms), (257, 258));
        assert_eq!((facts.unread, facts.unacknowledged), (5, 6));
        assert_eq!(TcpFacts::read(&info[..104], 5, 6).unwrap().window, None);
        assert_eq!(TcpFacts::read(&info[..50], 5, 6), None);
    }
}
