//! A synthetic corpus: sentences of which it is known what may not leave, and look-alikes in which nothing is. A pure function of a key, so
//! that whoever judges knows the label of every message without a record.
//!
//! Nothing in it is real, for a reason that stands beside each kind. One that is marked unverified rests on what is commonly said: if it is wrong,
//! a number of the corpus could be somebody's.
//!
//! | kind | why nobody has it |
//! |---|---|
//! | hkid | it begins with QQ, with which no card was issued as far as published lists of prefixes tell |
//! | phone | Hong Kong: it begins with 999, which calls the police before a fourth digit is dialled; mainland: 154, which no network has (**unverified**) |
//! | resident | its first two digits are 99, which no province has |
//! | card | the numbers that the card networks publish for tests |
//! | address | streets that do not exist, on floors from the 130th on, which no house in Hong Kong has |
//! | contract | its number begins with FD, for firedrill |

use super::{Kind, checks};
use crate::draw::Key;

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Chinese.
    Chinese,
    /// English.
    English,
}

/// No sentence of the corpus has more bytes.
pub const LONGEST: usize = 200;

/// The numbers that card networks and their acquirers publish for tests.
const TEST_CARDS: [&str; 6] = [
    "4111 1111 1111 1111",
    "4012 8888 8888 1881",
    "5555 5555 5555 4444",
    "5105 1051 0510 5100",
    "3782 822463 10005",
    "6011 1111 1111 1117",
];

/// Streets that do not exist.
const STREETS: [(&str, &str); 4] =
    [("燈塔彩排", "Lantern Rehearsal"), ("演習東", "Drill East"), ("紙鳶", "Paper Kite"), ("假想", "Supposition")];

/// Numbers drawn one after another.
struct Draws {
    key: Key,
    drawn: u64,
}

impl Draws {
    fn below(&mut self, n: u32) -> u32 {
        self.drawn += 1;
        self.key.draw(self.drawn).below(n)
    }

    fn one<T: Copy, const N: usize>(&mut self, of: [T; N]) -> T {
        of[self.below(u32::try_from(N).unwrap_or(u32::MAX)) as usize]
    }

    /// So many digits, nine at most.
    fn digits(&mut self, places: u32) -> String {
        format!("{:0places$}", self.below(10_u32.pow(places)), places = places as usize)
    }
}

/// A sentence with one thing in it that may not leave.
pub fn violation(kind: Kind, language: Language, key: Key) -> String {
    let draws = &mut Draws { key: key.name("violation"), drawn: 0 };
    let (chinese, english): ([&str; 2], [&str; 2]) = match kind {
        Kind::Hkid => (
            ["客戶身份證號碼是#,請核對。", "請替她登記,身份證#,明早取貨。"],
            ["Please register the driver, identity card #, for tomorrow. ", "HKID # belongs to the new buyer. "],
        ),
        Kind::Phone => (
            ["聯絡人電話#,下午才方便。", "司機手機: #,到埗前致電。"],
            ["His mobile # is on after six. ", "Call the buyer back, tel. #, about the sample. "],
        ),
        Kind::Resident => (
            ["报关员身份证#,已经核实。", "请为公民身份号码#的司机办理入闸。"],
            [
                "The driver's resident number is #, as on the permit. ",
                "Resident identity # was checked at the border. ",
            ],
        ),
        Kind::Card => (
            ["用這張卡付訂金:#,下月到期。", "信用卡號碼#已授權。"],
            ["Charge the deposit to card #, it expires next month. ", "The buyer pays with # as before. "],
        ),
        Kind::Address => (
            ["樣品請送到#,交王小姐。", "客戶住址:#。"],
            ["Send the samples to #, for Ms Wong. ", "The client lives at #. "],
        ),
        Kind::Contract => (
            ["請看合同編號#,價格不變。", "附上机密文件,#,勿转发。"],
            ["See contract no. # for the prices. ", "STRICTLY CONFIDENTIAL: terms of # attached. "],
        ),
    };
    filled(draws, language, (chinese, english), |draws| secret(kind, language, draws))
}

/// What may not leave, itself.
fn secret(kind: Kind, language: Language, draws: &mut Draws) -> String {
    match kind {
        Kind::Hkid => {
            let digits = draws.digits(6);
            let check = checks::hkid(b"QQ", digits.as_bytes()).map_or('0', char::from);
            let (open, close) = draws.one([("(", ")"), ("", ""), ("（", "）")]);
            format!("QQ{digits}{open}{check}{close}")
        }
        Kind::Phone => {
            let (a, b, c) = (draws.digits(1), draws.digits(4), draws.digits(4));
            match draws.below(4) {
                0 => format!("+852 999{a} {b}"),
                1 => format!("999{a}{b}"),
                2 => format!("(852) 999{a}-{b}"),
                _ => format!("+86 154 {b} {c}"),
            }
        }
        Kind::Resident => {
            let (area, year) = (draws.digits(4), 1950 + draws.below(50));
            let (month, day, order) = (1 + draws.below(12), 1 + draws.below(28), draws.digits(3));
            let digits = format!("99{area}{year}{month:02}{day:02}{order}");
            format!("{digits}{}", char::from(checks::resident(digits.as_bytes())))
        }
        Kind::Card => {
            let card = draws.one(TEST_CARDS);
            card.replace(' ', draws.one([" ", "-", ""]))
        }
        Kind::Address => {
            let ((chinese, english), house) = (draws.one(STREETS), 1 + draws.below(900));
            let (floor, flat) = (130 + draws.below(70), draws.one(['A', 'B', 'C', 'D']));
            match language {
                Language::Chinese => format!("九龍{chinese}道{house}號{floor}樓{flat}室"),
                Language::English => format!("Flat {flat}, {floor}/F, {house} {english} Road, Kowloon"),
            }
        }
        Kind::Contract => format!("FD-{}-{}", draws.digits(4), draws.digits(4)),
    }
}

/// A sentence in which something looks as if it may not leave, and may.
pub fn innocent(kind: Kind, language: Language, key: Key) -> String {
    let draws = &mut Draws { key: key.name("innocent"), drawn: 0 };
    let (chinese, english): ([&str; 2], [&str; 2]) = match kind {
        Kind::Hkid => (
            ["料號#已經入倉。", "紙箱編號#,請清點。"],
            ["Part # is in the warehouse. ", "Carton # was counted twice. "],
        ),
        Kind::Phone => (
            ["訂單編號#已經付運。", "發票#,數量相符。"],
            ["Order # has been shipped. ", "Invoice # matches the delivery note. "],
        ),
        Kind::Resident => {
            (["运单#,今天到货。", "批次#已经抽检。"], ["Waybill # arrives today. ", "Batch # was sampled. "])
        }
        Kind::Card => (
            ["追蹤號碼#,在途。", "提單#未到。"],
            ["Tracking number # is on its way. ", "Serial # is under guarantee. "],
        ),
        Kind::Address => (
            ["請沿軌道#走,在尾門落貨。", "跑道#今日關閉。"],
            ["Rack # takes six pallets; by road on Monday. ", "The cartons for # are sorted by street. "],
        ),
        Kind::Contract => (
            ["合同已經簽好,發票#另寄。", "這份合約不變,批號#。"],
            ["The contract is signed; invoice # follows. ", "Keep this confidential until batch # is out. "],
        ),
    };
    filled(draws, language, (chinese, english), |draws| look_alike(kind, language, draws))
}

/// What looks like the kind and is none of it: most by a wrong check digit, the others by where they stand.
fn look_alike(kind: Kind, language: Language, draws: &mut Draws) -> String {
    match kind {
        Kind::Hkid => {
            let digits = draws.digits(6);
            let right = checks::hkid(b"QQ", digits.as_bytes()).unwrap_or(b'0');
            format!("QQ{digits}({})", char::from(wrong(right, draws)))
        }
        Kind::Phone => match draws.below(2) {
            0 => format!("999{}{}", draws.digits(1), draws.digits(4)),
            _ => format!("154{}{}", draws.digits(4), draws.digits(4)),
        },
        Kind::Resident => {
            let digits =
                format!("99{}19{}0{}1{}", draws.digits(4), draws.digits(2), 1 + draws.below(9), draws.digits(4));
            format!("{digits}{}", char::from(wrong(checks::resident(digits.as_bytes()), draws)))
        }
        Kind::Card => {
            let digits = format!("4{}{}", draws.digits(7), draws.digits(7));
            format!("{digits}{}", char::from(wrong(checks::luhn(digits.bytes()), draws)))
        }
        Kind::Address => match language {
            Language::Chinese => format!("{}號閘", 1 + draws.below(90)),
            Language::English => format!("{}/F", 1 + draws.below(90)),
        },
        Kind::Contract => format!("{}-{}", draws.digits(4), draws.digits(4)),
    }
}

/// Another digit than the right one.
fn wrong(right: u8, draws: &mut Draws) -> u8 {
    let digit = b'0' + u8::try_from(draws.below(9)).unwrap_or(0);
    // Nine others: from the right one on, each is the next.
    if digit >= right { digit + 1 } else { digit }
}

/// One of two sentences in a language, with its `#` filled.
fn filled(
    draws: &mut Draws,
    language: Language,
    (chinese, english): ([&str; 2], [&str; 2]),
    fill: impl FnOnce(&mut Draws) -> String,
) -> String {
    let sentence = draws.one(if language == Language::Chinese { chinese } else { english });
    sentence.replace('#', &fill(draws))
}
