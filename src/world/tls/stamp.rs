//! Stamps on hellos of TLS: by them a program of ours that ends TLS and begins it anew knows a connection again that has gone round through
//! others like it. The hello of each is a new one, so that nothing else of it is the same.
//!
//! A stamp stands in the hello's random bytes (RFC 8446 §4.1.2): whose hello was the first, how many have said their own since, seven bytes by
//! which the hellos of one program differ, and a digest of all that. To whoever does not look for it these are bytes like any others.

use std::cell::Cell;
use std::sync::LazyLock;

use ring::digest::{SHA256, digest};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::crypto::{CryptoProvider, GetRandomFailed, SecureRandom};

/// The random bytes of a hello.
pub type HelloRandom = [u8; 32];

/// What is written on a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Whose hello was the first.
    pub first: [u8; 8],
    /// How many have said their own since.
    pub hops: u8,
}

/// How many bytes of the random ones the digest is of, and how many it has itself.
const HALF: usize = 16;

impl Stamp {
    /// The stamp of a hello: what is written on it, or else that it is the first.
    #[must_use]
    pub fn of(random: &HelloRandom) -> Self {
        let first = |bytes: &[u8]| std::array::from_fn(|at| bytes[at]);
        if sealed(random) == random[HALF..] {
            return Self { first: first(random), hops: random[8] };
        }
        Self { first: first(digest(&SHA256, random).as_ref()), hops: 0 }
    }

    /// The stamp of the hello that is said for it.
    #[must_use]
    pub fn next(self) -> Self {
        Self { hops: self.hops.saturating_add(1), ..self }
    }

    fn write(self, random: &mut HelloRandom) {
        random[..8].copy_from_slice(&self.first);
        random[8] = self.hops;
        let seal = sealed(random);
        random[HALF..].copy_from_slice(&seal);
    }
}

fn sealed(random: &HelloRandom) -> [u8; HALF] {
    let said = [b"a hello that firedrill says for another", &random[..HALF]].concat();
    let digest = digest(&SHA256, &said);
    std::array::from_fn(|at| digest.as_ref()[at])
}

thread_local! {
    /// What the hello that is being said is to be stamped with. The library says it before it gives anything to wait for.
    static SAYING: Cell<Option<Stamp>> = const { Cell::new(None) };
}

/// Runs what says a hello, which is then stamped.
pub(super) fn saying<T>(stamp: Option<Stamp>, says: impl FnOnce() -> T) -> T {
    SAYING.set(stamp);
    let said = says();
    SAYING.set(None);
    said
}

/// The provider's random bytes, some of them stamped.
#[derive(Debug)]
struct Stamping(&'static dyn SecureRandom);

impl SecureRandom for Stamping {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        self.0.fill(bytes)?;
        // Besides its random bytes only the name of a session, which means nothing any more, is as long.
        if let (Some(stamp), Ok(random)) = (SAYING.get(), <&mut HelloRandom>::try_from(bytes)) {
            stamp.write(random);
        }
        Ok(())
    }
}

/// The provider, whose hellos may be stamped.
pub(super) fn provider() -> CryptoProvider {
    static RANDOM: LazyLock<Stamping> = LazyLock::new(|| Stamping(default_provider().secure_random));
    CryptoProvider { secure_random: &*RANDOM, ..default_provider() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_and_nothing_else(random: HelloRandom, other: HelloRandom, at in 0_usize..32, bit in 0_u8..8) {
            let first = Stamp::of(&random);
            prop_assert_eq!(first.hops, 0);
            let mut written = other;
            first.next().write(&mut written);
            prop_assert_eq!(Stamp::of(&written), Stamp { hops: 1, ..first });
            // Of two hellos with one stamp each is itself.
            prop_assert_eq!(&written[9..HALF], &other[9..HALF]);
            written[at] ^= 1 << bit;
            prop_assert_eq!(Stamp::of(&written).hops, 0, "another one, and nobody has stamped it");
        }
    }
}
