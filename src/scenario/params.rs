//! Reading keys that a table describes ([`Param`]): whether they have to be there, their defaults and bounds are the table's.

use std::str::FromStr;

use super::cx::{Cx, Words, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::journeys::positive;
use super::node::{Entry, Node, Value};
use crate::plan::{Param, ParamKind, ParamNeed};
use crate::units::{ParseQuantityError, Size, Span};

/// A map while its keys are read by a table.
pub(super) struct Params<'f, 'n> {
    fields: &'f mut Fields<'n>,
    table: &'static [Param],
}

impl<'f, 'n> Params<'f, 'n> {
    pub(super) fn of(fields: &'f mut Fields<'n>, table: &'static [Param]) -> Self {
        Self { fields, table }
    }

    /// The value of a key, or its default.
    pub(super) fn read<T>(
        &mut self,
        cx: &mut Cx<'_>,
        key: &str,
        read: impl FnOnce(&mut Cx<'_>, &Node, &Param) -> Option<T>,
    ) -> Option<T> {
        self.get(cx, key, None, read)
    }

    /// The value of a key that may be left out, or `absent`.
    pub(super) fn read_or<T>(
        &mut self,
        cx: &mut Cx<'_>,
        key: &str,
        absent: T,
        read: impl FnOnce(&mut Cx<'_>, &Node, &Param) -> Option<T>,
    ) -> Option<T> {
        self.get(cx, key, Some(absent), read)
    }

    fn get<T>(
        &mut self,
        cx: &mut Cx<'_>,
        key: &str,
        absent: Option<T>,
        read: impl FnOnce(&mut Cx<'_>, &Node, &Param) -> Option<T>,
    ) -> Option<T> {
        // A key that is not in its table: the test that loads every example tells.
        let param = self.table.iter().find(|param| param.name == key)?;
        match (self.fields.take(param.name), param.need) {
            (Some(node), _) => read(cx, node, param),
            (None, ParamNeed::Or(default)) => {
                let node = Node { value: Value::Word(default.to_owned()), at: self.fields.at, verbatim: None };
                read(cx, &node, param)
            }
            (None, ParamNeed::Must(such_as)) => self.fields.need(cx, param.name, such_as).and(None),
            (None, ParamNeed::May | ParamNeed::OneOf) => absent,
        }
    }

    /// The value of a key under which a map with a table of its own stands; left out, it is an empty one.
    pub(super) fn map<T>(
        &mut self,
        cx: &mut Cx<'_>,
        key: &str,
        read: impl FnOnce(&mut Cx<'_>, &mut Params<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        let param = self.table.iter().find(|param| param.name == key)?;
        let ParamKind::Map(table) = param.kind else { return None };
        let empty = Node { value: Value::Null, at: self.fields.at, verbatim: None };
        let node = self.fields.take(param.name).unwrap_or(&empty);
        let mut fields = Fields::of(cx, node, format!("`{key}`"), node.at)?;
        let value = read(cx, &mut Params::of(&mut fields, table));
        fields.finish(cx);
        value
    }

    /// The place of a key that is there.
    pub(super) fn entry(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.fields.entry(key)
    }

    /// The one key that stands there of those of which one has to. `what` is what the map is.
    pub(super) fn one_of(&mut self, cx: &mut Cx<'_>, what: &str) -> Option<(&'n Entry, &'static Param)> {
        let choices = self.table.iter().filter(|param| param.need == ParamNeed::OneOf);
        let given: Vec<_> = choices.clone().filter_map(|param| Some((self.fields.entry(param.name)?, param))).collect();
        let names: Vec<_> = choices.map(|param| format!("`{}`", param.name)).collect();
        match given[..] {
            [one] => Some(one),
            [] => {
                let message = format!("{what} has none of {}", names.join(", "));
                cx.hinted(Code::Missing, self.fields.at, message, "write one of them".to_owned())
            }
            [(first, _), (second, _), ..] => {
                let message = format!("{what} has `{}` and `{}`: write one of them", first.key, second.key);
                cx.error(Code::Conflict, second.at, message)
            }
        }
    }
}

fn name(param: &Param) -> String {
    format!("`{}`", param.name)
}

/// A figure with its unit.
pub(super) fn quantity<T: FromStr<Err = ParseQuantityError>>(cx: &mut Cx<'_>, node: &Node, param: &Param) -> Option<T> {
    cx.quantity(node, &name(param))
}

/// A duration, above zero where that is asked.
pub(super) fn span(cx: &mut Cx<'_>, node: &Node, param: &Param) -> Option<Span> {
    match param.kind {
        ParamKind::Positive => positive(cx, node, &name(param)),
        _ => quantity(cx, node, param),
    }
}

/// A size not below its bound.
pub(super) fn size(cx: &mut Cx<'_>, node: &Node, param: &Param) -> Option<Size> {
    let size: Size = quantity(cx, node, param)?;
    match param.kind {
        ParamKind::Size(least) if size.0 < least => {
            cx.error(Code::OutOfRange, node.at, format!("{} is at least {least}B, not {size}", name(param)))
        }
        _ => Some(size),
    }
}

/// A whole number between its bounds.
pub(super) fn count(cx: &mut Cx<'_>, node: &Node, param: &Param) -> Option<u64> {
    let (least, most) = if let ParamKind::Count(least, most) = param.kind { (least, most) } else { (0, u64::MAX) };
    cx.count(node, &name(param), least, most)
}

/// A decimal number between its bounds, in thousandths, read without floating point.
pub(super) fn decimal(cx: &mut Cx<'_>, node: &Node, param: &Param) -> Option<u32> {
    let (least, most) = if let ParamKind::Decimal(least, most) = param.kind { (least, most) } else { (0, u32::MAX) };
    let word = cx.word(node, &name(param))?;
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    let digits =
        !whole.is_empty() && whole.len() <= 6 && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let thousandths = (digits && fraction.len() <= 3 && !fraction.contains('.'))
        .then(|| format!("{whole}{fraction:0<3}").parse::<u32>().ok())
        .flatten();
    let fits = thousandths.filter(|value| (least..=most).contains(value));
    fits.or_else(|| {
        let message = format!("{} is {} with at most three decimals, not `{}`", name(param), param.kind, short(word));
        cx.error(Code::OutOfRange, node.at, message)
    })
}

/// Yes or no.
pub(super) fn flag(cx: &mut Cx<'_>, node: &Node, param: &Param) -> Option<bool> {
    cx.flag(node, &format!("value of {}", name(param)))
}

/// Any text.
pub(super) fn text(cx: &mut Cx<'_>, node: &Node, param: &Param) -> Option<String> {
    cx.word(node, &name(param)).map(str::to_owned)
}

/// One of a few words.
pub(super) fn word<T: Clone>(
    words: Words<'_, T>,
    later: &[&str],
) -> impl FnOnce(&mut Cx<'_>, &Node, &Param) -> Option<T> {
    move |cx, node, param| cx.choice(node, &format!("value of {}", name(param)), words, later)
}
