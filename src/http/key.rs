//! What tells the series of an exchange from others, in one word.

use super::end::{End, Failure, Side};
use super::grpc::GrpcStatus;
use super::request::{Method, Scheme, Version};
use super::table::{Name, mix};
use crate::operation::{ErrorType, Outcome};

/// The labels of an exchange, packed, so that its handles are found by comparing one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u64);

const PLACE: u32 = 0; // 16 bits: a server's route, or what a client calls
const TEMPLATE: u32 = 16; // 16 bits: a client's URL template
const METHOD: u32 = 32; // 4 bits
const VERSION: u32 = 36; // 3 bits
const SCHEME: u32 = 39; // 1 bit
const STATUS: u32 = 40; // 10 bits: 0 is none
const OUTCOME: u32 = 50; // 3 bits
const FAILURE: u32 = 53; // 7 bits

const OF_STATUS: u64 = 127;
const OF_GRPC: u64 = 64;

impl Key {
    pub(super) fn new(place: Name, template: Name, method: Method, version: Version, scheme: Scheme) -> Self {
        Self(
            u64::from(place.0) << PLACE
                | u64::from(template.0) << TEMPLATE
                | (method as u64) << METHOD
                | (version as u64) << VERSION
                | (scheme as u64) << SCHEME,
        )
    }

    pub(super) fn with_place(self, place: Name) -> Self {
        Self(self.0 & !(0xffff << PLACE) | u64::from(place.0) << PLACE)
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self(self.0 | (u64::from(status) & 0x3ff) << STATUS)
    }

    pub(super) fn with_version(self, version: Version) -> Self {
        Self(self.0 & !(0x7 << VERSION) | (version as u64) << VERSION)
    }

    pub(super) fn with_end(self, end: &End) -> Self {
        let failure = match end.failure {
            None => 0,
            Some(Failure::Status(_)) => OF_STATUS,
            Some(Failure::Grpc(status)) => OF_GRPC + u64::from(status.index()),
            Some(Failure::Error(error_type)) => {
                1 + ErrorType::ALL.iter().position(|known| *known == error_type).unwrap_or(0) as u64
            }
        };
        let outcome = Outcome::ALL.iter().position(|known| *known == end.outcome).unwrap_or(0) as u64;
        Self(self.0 | outcome << OUTCOME | failure << FAILURE)
    }

    /// What is known before there is a response: what requests under way are told apart by.
    pub(super) fn under_way(self, side: Side) -> Self {
        match side {
            Side::Server => Self(self.0 & !(0x7 << VERSION)),
            Side::Client => Self(self.0 & !(0x7 << VERSION | 1 << SCHEME)),
        }
    }

    pub(super) fn hash(self) -> u64 {
        mix(self.0)
    }

    pub(super) fn place(self) -> Name {
        Name((self.0 >> PLACE) as u16)
    }

    pub(super) fn template(self) -> Name {
        Name((self.0 >> TEMPLATE) as u16)
    }

    pub(super) fn method(self) -> Method {
        Method::ALL.get((self.0 >> METHOD & 0xf) as usize).copied().unwrap_or(Method::Other)
    }

    pub(super) fn version(self) -> Version {
        Version::ALL.get((self.0 >> VERSION & 0x7) as usize).copied().unwrap_or(Version::Other)
    }

    pub(super) fn scheme(self) -> Scheme {
        if self.0 >> SCHEME & 1 == 1 { Scheme::Https } else { Scheme::Http }
    }

    pub(super) fn status(self) -> Option<u16> {
        Some((self.0 >> STATUS & 0x3ff) as u16).filter(|status| *status > 0)
    }

    pub(super) fn end(self) -> End {
        let outcome = Outcome::ALL.get((self.0 >> OUTCOME & 0x7) as usize).copied().unwrap_or(Outcome::Success);
        let failure = match self.0 >> FAILURE {
            0 => None,
            OF_STATUS => self.status().map(Failure::Status),
            grpc if grpc >= OF_GRPC => Some(Failure::Grpc(GrpcStatus::from_index((grpc - OF_GRPC) as u8))),
            error => ErrorType::ALL.get(error as usize - 1).copied().map(Failure::Error),
        };
        End { outcome, failure }
    }
}
