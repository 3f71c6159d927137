//! Random draws without a generator: every number is a pure function of the seed, of who draws and of what is drawn for.
//!
//! Because no state is shared, one more client, fault or message never shifts another's numbers, and a single message can be replayed
//! alone. The mixing function is the finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
//! OOPSLA 2014), applied once for each part of the key. Logarithms and exponentials come from the `libm` crate, since the system's
//! differ by CPU features.

use serde::{Deserialize, Serialize};

/// The seed of a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// Who draws: a chain of parts mixed into one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u64);

/// One drawn number, from which one value of any distribution can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw(u64);

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(GAMMA);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Seed {
    /// The key of the drawer called `name`, such as `inject:freeze`.
    #[must_use]
    pub fn key(self, name: &str) -> Key {
        Key(mix(self.0)).name(name)
    }
}

impl Key {
    /// This key, narrowed by a name (64-bit FNV-1a, mixed).
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        let hash =
            name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        self.part(hash)
    }

    /// This key, narrowed by a number.
    #[must_use]
    pub const fn part(self, part: u64) -> Self {
        Self(mix(self.0.rotate_left(17) ^ mix(part)))
    }

    /// The number drawn for `unit`.
    #[must_use]
    pub const fn draw(self, unit: u64) -> Draw {
        Draw(self.part(unit).0)
    }
}

impl Draw {
    /// The raw 64 bits, for sorting by draw.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Uniform in [0, 1), on 53 bits.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub fn unit(self) -> f64 {
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform among `0..n`; 0 if `n` is 0.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the high half of a 32 × 64 bit product is below n")]
    pub const fn below(self, n: u32) -> u32 {
        ((self.0 as u128 * n as u128) >> 64) as u32
    }

    /// A standard normal value, by the Box–Muller transform of two halves of this draw.
    #[must_use]
    pub fn normal(self) -> f64 {
        let second = Self(mix(self.0));
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * second.unit())
    }

    /// An exponential value with mean 1.
    #[must_use]
    pub fn exponential(self) -> f64 {
        -libm::log(1.0 - self.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_normal_and_the_exponential() {
        // 100,000 draws: the standard error of a mean is 1/316, of a variance 1.41/316; five of them are the bounds.
        let key = Seed(7).key("test");
        let n = 100_000_u32;
        let (mut sum, mut square, mut exponential) = (0.0, 0.0, 0.0);
        for i in 0..n {
            let x = key.draw(u64::from(i)).normal();
            sum += x;
            square += x * x;
            exponential += key.name("exp").draw(u64::from(i)).exponential();
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 5.0 / 316.0);
        assert!((square / n - 1.0).abs() < 5.0 * 1.42 / 316.0);
        assert!((exponential / n - 1.0).abs() < 5.0 / 316.0);
    }

    #[test]
    fn parts_are_ordered_and_names_are_apart() {
        let key = Seed(1).key("a");
        assert_ne!(key.part(1).part(2), key.part(2).part(1));
        assert_ne!(Seed(1).key("a"), Seed(1).key("b"));
        assert_ne!(Seed(1).key("a"), Seed(2).key("a"));
        assert!((0..1000).all(|i| key.draw(i).below(7) < 7));
        assert_eq!(key.draw(3).below(0), 0);
    }

    #[test]
    fn the_numbers_of_a_seed_are_fixed() {
        // A change here changes every recorded run: it needs a new journal version and a line in the changelog.
        assert_eq!(Seed(7).key("pinned").draw(0).bits(), PINNED);
    }

    const PINNED: u64 = 2_949_232_163_982_385_354;
}
