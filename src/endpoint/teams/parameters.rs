//! What Microsoft sets, as far as anybody outside can know: each figure a parameter, with its source.

use crate::units::{Share, Span};

const SECOND: Span = Span::from_secs(1);
const HOUR: Span = Span::from_secs(3_600);
const DAY: Span = Span::from_secs(86_400);

/// Teams', Graph's and Entra's figures. The defaults are the documented ones; what is not documented is marked.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Messages of one application in one tenant. Documented, in an older copy of the throttling limits; its 20 a second in all tenants
    /// together can never be met first at a twin, which has one.
    pub per_app_and_tenant: (u32, Span),
    /// Messages of one application into one channel.
    pub per_channel: (u32, Span),
    /// The same, for a whole day.
    pub per_channel_daily: (u32, Span),
    /// Messages by one connector: each of these holds.
    pub per_connector: Vec<(u32, Span)>,
    /// The largest body that a connector takes, in bytes.
    pub card_bytes: usize,
    /// How long an access token is good for.
    pub token: Span,
    /// How long it is good for if its client understands challenges of continuous access evaluation: the longest that is documented.
    pub long_token: Span,
    /// How long it takes until Graph knows that a person was disabled or signed out. Documented as near real time, and 15 minutes at most.
    pub revocation: Span,
    /// Wrong passwords in a row that lock an account, and for how long.
    pub lockout: (u32, Span),
    /// How change notifications are sent.
    pub notifying: Notifying,
}

/// How change notifications are sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Notifying {
    /// How long a listener may take to prove that he listens.
    pub proof: Span,
    /// How long he may take for a 2xx.
    pub answer: Span,
    /// How long a notification is tried.
    pub give_up: Span,
    /// The wait before the second try, which doubles with each further one. That it grows exponentially is documented, the figure is not.
    pub first_retry: Span,
    /// The longest wait between tries. Not documented.
    pub longest_retry: Span,
    /// An answer that takes longer is slow. Documentation has named 2.9 s, and later 10 s.
    pub slow: Span,
    /// A listener with a larger share of slow answers is slow: what is new waits for [`slow_wait`](Self::slow_wait).
    pub slow_share: Share,
    /// How long.
    pub slow_wait: Span,
    /// With a larger share than this, what is new is dropped.
    pub drop_share: Share,
    /// The time over which answers are looked at.
    pub window: Span,
    /// With fewer answers in it nobody is judged. Not documented.
    pub window_least: usize,
    /// How long before its token expires a subscription's owner is told. Not documented.
    pub reauthorize_ahead: Span,
    /// The longest subscription to messages.
    pub longest: Span,
    /// The longest that needs no listener for its own news.
    pub longest_without_news: Span,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            per_app_and_tenant: (2, SECOND),
            per_channel: (4, SECOND),
            per_channel_daily: (3_000, DAY),
            per_connector: vec![(4, SECOND), (60, SECOND * 30), (100, HOUR), (150, HOUR * 2), (1_800, DAY)],
            card_bytes: 28 * 1024,
            token: SECOND * 3_599,
            long_token: HOUR * 28,
            revocation: Span::ZERO,
            lockout: (10, SECOND * 60),
            notifying: Notifying::default(),
        }
    }
}

impl Default for Notifying {
    fn default() -> Self {
        Self {
            proof: SECOND * 10,
            answer: SECOND * 3,
            give_up: HOUR * 4,
            first_retry: SECOND * 10,
            longest_retry: SECOND * 600,
            slow: Span::from_millis(2_900),
            slow_share: Share::from_fraction(0.10),
            slow_wait: SECOND * 10,
            drop_share: Share::from_fraction(0.15),
            window: SECOND * 600,
            window_least: 10,
            reauthorize_ahead: SECOND * 300,
            longest: SECOND * 60 * 4_320,
            longest_without_news: HOUR,
        }
    }
}
