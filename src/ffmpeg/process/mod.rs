//! The process that ffmpeg is.

mod channel;
mod child;

pub(crate) use channel::Channel;
pub(crate) use child::{Child, Streams};
