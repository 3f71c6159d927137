//! Check digits.

/// The check digit of a Hong Kong identity card's number: one or two letters and six digits, weighted 9 to 2, a missing first letter being
/// a blank of the value 36; what is lacking to a multiple of eleven, ten of which is an `A`.
pub(super) fn hkid(letters: &[u8], digits: &[u8]) -> Option<u8> {
    let [first, second] = match letters {
        [one] => [36, value(*one)],
        [one, two] => [value(*one), value(*two)],
        _ => return None,
    };
    let digits = digits.iter().map(|digit| u32::from(digit - b'0'));
    let sum: u32 =
        (2..=9).rev().zip([first, second].into_iter().chain(digits)).map(|(weight, value)| weight * value).sum();
    let check = (11 - sum % 11) % 11;
    Some(if check == 10 { b'A' } else { digit(check) })
}

/// The value of a capital letter: 10 to 35.
fn value(letter: u8) -> u32 {
    u32::from(letter - b'A') + 10
}

/// The digit of a value below ten.
fn digit(value: u32) -> u8 {
    b"0123456789"[value as usize % 10]
}

/// The last place of a mainland resident identity number (ISO 7064, MOD 11-2), from the seventeen before it.
pub(super) fn resident(digits: &[u8]) -> u8 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = WEIGHTS.iter().zip(digits).map(|(weight, digit)| weight * u32::from(digit - b'0')).sum();
    b"10X98765432"[sum as usize % 11]
}

/// Whether the eight digits of a date are one that somebody alive can be born on.
pub(super) fn is_birthday(date: &[u8]) -> bool {
    let number = |digits: &[u8]| digits.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'));
    let (year, month, day) = (number(&date[..4]), number(&date[4..6]), number(&date[6..8]));
    (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// The check digit of a payment card's number (Luhn), from the digits before it.
pub(super) fn luhn(digits: impl DoubleEndedIterator<Item = u8>) -> u8 {
    let places = digits.rev().enumerate();
    let sum: u32 = places
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0');
            // Every second place is doubled, beginning beside the check digit; of a two-digit product the digits are added.
            if place % 2 == 0 { value * 2 - if value > 4 { 9 } else { 0 } } else { value }
        })
        .sum();
    digit((10 - sum % 10) % 10)
}
