//! The SMTP half of the path: commands, contents and replies, one after another as they come, over one connection to the endpoint.
//!
//! Bytes go on as they came. Faults that say no say it to what begins something: `MAIL`, a login, an inbox. Commands that are sent together
//! go on one by one, each when the one before is answered. What two servers could end at different places is refused.

mod relay;
mod session;

pub(super) use relay::serve;
