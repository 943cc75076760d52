//! RTF as text, or as the HTML that was put into it.

use std::collections::HashMap;

use types::limits::RTF_DEPTH_MAX;

use crate::charset;

/// A body that was read out of RTF.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RtfBody {
    /// The HTML that the RTF encapsulates ([MS-OXRTFEX]); None: it was not made of HTML.
    pub html: Option<String>,
    /// The text; empty where there is HTML.
    pub text: String,
}

/// Reads RTF.
pub fn read(rtf: &[u8]) -> RtfBody {
    let mut reader = Reader {
        groups: vec![Group::default()],
        codepage: WESTERN,
        fonts: HashMap::new(),
        html: false,
        pending: Vec::new(),
        skip: 0,
        high: None,
        out: String::new(),
    };
    let mut rest = rtf;
    while let Some((token, behind)) = token(rest) {
        rest = behind;
        reader.take(token);
    }
    reader.flush();
    match reader.html {
        true => RtfBody { html: Some(reader.out), text: String::new() },
        false => RtfBody { html: None, text: reader.out },
    }
}

const WESTERN: i32 = 1252;
/// Fonts whose charsets are remembered; Word writes a few dozen.
const FONTS_MAX: usize = 4096;

enum Token<'r> {
    Open,
    Close,
    /// `\name123`
    Word(&'r str, Option<i32>),
    /// `\*` and the like.
    Symbol(u8),
    /// `\'e4`
    Octet(u8),
    Text(u8),
}

/// The next token, and what is behind it. What is behind `\bin` goes with it.
fn token(rtf: &[u8]) -> Option<(Token<'_>, &[u8])> {
    let (first, rest) = rtf.split_first()?;
    let token = match first {
        b'{' => Token::Open,
        b'}' => Token::Close,
        b'\\' => return Some(control(rest)),
        other => Token::Text(*other),
    };
    Some((token, rest))
}

fn control(rest: &[u8]) -> (Token<'_>, &[u8]) {
    let letters = rest.iter().take_while(|octet| octet.is_ascii_alphabetic()).count();
    if letters == 0 {
        return symbol(rest);
    }
    let (name, rest) = rest.split_at(letters);
    let name = std::str::from_utf8(name).unwrap_or_default();
    let sign = usize::from(rest.first() == Some(&b'-'));
    let digits = rest[sign..].iter().take_while(|octet| octet.is_ascii_digit()).count();
    let length = if digits == 0 { 0 } else { sign + digits };
    let (number, rest) = rest.split_at(length);
    let number = std::str::from_utf8(number).ok().and_then(|text| text.parse().ok());
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    if name == "bin" {
        let octets = usize::try_from(number.unwrap_or(0)).unwrap_or(0).min(rest.len());
        return (Token::Word(name, None), &rest[octets..]);
    }
    (Token::Word(name, number), rest)
}

fn symbol(rest: &[u8]) -> (Token<'_>, &[u8]) {
    let Some((symbol, rest)) = rest.split_first() else { return (Token::Text(b'\\'), rest) };
    let hex = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
    let octet = hex.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    match (symbol, octet) {
        (b'\'', Some(octet)) => (Token::Octet(octet), &rest[2..]),
        _ => (Token::Symbol(*symbol), rest),
    }
}

/// What holds within a group, and ends with it.
#[derive(Clone, Copy)]
struct Group {
    /// Nothing in it is text.
    ignored: bool,
    /// `\*` stands at its beginning: it is ignored if what follows is not known.
    optional: bool,
    /// Within an HTMLTAG: text is HTML as it is.
    tag: bool,
    /// HTMLRTF: for readers of RTF only.
    rtf_only: bool,
    /// In the table of fonts.
    fonts: bool,
    font: i32,
    /// Characters behind `\u` that stand for it.
    fallback: usize,
    /// Groups below `RTF_DEPTH_MAX` that are not kept apart.
    deeper: usize,
}

impl Default for Group {
    fn default() -> Self {
        Group {
            ignored: false,
            optional: false,
            tag: false,
            rtf_only: false,
            fonts: false,
            font: 0,
            fallback: 1,
            deeper: 0,
        }
    }
}

struct Reader {
    /// Never empty.
    groups: Vec<Group>,
    codepage: i32,
    /// Code pages of fonts.
    fonts: HashMap<i32, i32>,
    html: bool,
    /// Octets of a charset, not decoded yet.
    pending: Vec<u8>,
    /// Characters that a `\u` made needless.
    skip: usize,
    /// The first half of a pair of UTF-16.
    high: Option<u16>,
    out: String,
}

/// Groups that are no text.
const DESTINATIONS: [&str; 16] = [
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "footnote",
    "fldinst",
    "listtable",
];

/// What control words say, as text and as HTML.
const CHARACTERS: [(&str, &str, &str); 13] = [
    ("par", "\r\n", "\r\n"),
    ("line", "\r\n", "\r\n"),
    ("row", "\r\n", "\r\n"),
    ("sect", "\r\n", "\r\n"),
    ("tab", "\t", "\t"),
    ("cell", "\t", "\t"),
    ("lquote", "\u{2018}", "&lsquo;"),
    ("rquote", "\u{2019}", "&rsquo;"),
    ("ldblquote", "\u{201c}", "&ldquo;"),
    ("rdblquote", "\u{201d}", "&rdquo;"),
    ("bullet", "\u{2022}", "&bull;"),
    ("endash", "\u{2013}", "&ndash;"),
    ("emdash", "\u{2014}", "&mdash;"),
];

impl Reader {
    fn take(&mut self, token: Token<'_>) {
        match token {
            Token::Text(b'\r' | b'\n') => {}
            Token::Text(octet) | Token::Octet(octet) => self.octet(octet),
            other => {
                self.flush();
                match other {
                    Token::Open => self.open(),
                    Token::Close => self.close(),
                    Token::Symbol(symbol) => self.symbol(symbol),
                    Token::Word(name, number) => self.word(name, number),
                    Token::Text(_) | Token::Octet(_) => {}
                }
            }
        }
    }

    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn open(&mut self) {
        let depth = self.groups.len();
        let group = *self.group();
        match depth < RTF_DEPTH_MAX {
            true => self.groups.push(Group { optional: false, ..group }),
            false => self.group().deeper += 1,
        }
    }

    fn close(&mut self) {
        self.skip = 0;
        match self.group().deeper.checked_sub(1) {
            Some(deeper) => self.group().deeper = deeper,
            None if self.groups.len() > 1 => drop(self.groups.pop()),
            None => {}
        }
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'*' => self.group().optional = true,
            b'\\' | b'{' | b'}' => self.octet(symbol),
            b'~' => self.say("\u{a0}", "&nbsp;"),
            b'_' => self.say("\u{ad}", "&shy;"),
            b'\r' | b'\n' => self.say("\r\n", "\r\n"),
            _ => {}
        }
    }

    fn word(&mut self, name: &str, number: Option<i32>) {
        let optional = std::mem::take(&mut self.group().optional);
        if let Some((_, text, html)) = CHARACTERS.iter().find(|(known, ..)| *known == name) {
            return self.say(text, html);
        }
        match name {
            "fromhtml" if self.out.trim().is_empty() => self.html = number != Some(0),
            "ansicpg" => self.codepage = number.unwrap_or(WESTERN),
            "htmltag" => {
                let group = self.group();
                (group.tag, group.ignored, group.rtf_only) = (true, false, false);
            }
            "htmlrtf" => self.group().rtf_only = number != Some(0),
            "fonttbl" => {
                let group = self.group();
                (group.fonts, group.ignored) = (true, true);
            }
            "f" => self.group().font = number.unwrap_or(0),
            "fcharset" => self.charset(number.unwrap_or(0)),
            "plain" | "pard" => {}
            "uc" => self.group().fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1),
            "u" => self.unicode(number.unwrap_or(0)),
            _ if optional || DESTINATIONS.contains(&name) => self.group().ignored = true,
            _ => {}
        }
    }

    /// Of a font in the table of fonts.
    fn charset(&mut self, charset: i32) {
        const CODEPAGES: [(i32, i32); 12] = [
            (128, 932),
            (129, 51949),
            (134, 936),
            (136, 950),
            (161, 1253),
            (162, 1254),
            (163, 1258),
            (177, 1255),
            (178, 1256),
            (186, 1257),
            (204, 1251),
            (238, 1250),
        ];
        let Group { fonts, font, .. } = *self.group();
        let page = CODEPAGES.iter().find(|(known, _)| *known == charset);
        if let Some((_, page)) = page.filter(|_| fonts && self.fonts.len() < FONTS_MAX) {
            self.fonts.insert(font, *page);
        }
    }

    /// `\u`: a unit of UTF-16, negative from 0x8000 on. Pairs come one behind the other.
    fn unicode(&mut self, number: i32) {
        let unit = number as u16;
        self.skip = self.group().fallback;
        let units = self.high.take().into_iter().chain([unit]);
        if (0xD800..0xDC00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        for c in char::decode_utf16(units) {
            self.put(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }

    fn say(&mut self, text: &str, html: &str) {
        let said = if self.html && !self.group().tag { html } else { text };
        if self.is_shown() {
            self.out.push_str(said);
        }
    }

    fn put(&mut self, c: char) {
        if self.is_shown() {
            self.out.push(c);
        }
    }

    fn octet(&mut self, octet: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.is_shown() {
            self.pending.push(octet);
        }
    }

    /// In HTML mode the text between tags is shown unless it is for readers of RTF.
    fn is_shown(&mut self) -> bool {
        let html = self.html;
        let group = self.group();
        !(group.ignored || html && group.rtf_only)
    }

    /// Decodes octets in the charset of the font.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let font = self.group().font;
        let page = self.fonts.get(&font).copied().unwrap_or(self.codepage);
        let octets = std::mem::take(&mut self.pending);
        let text = charset::to_utf8(charset::of_codepage(page), &octets);
        self.out.push_str(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rtf: &str) -> String {
        read(rtf.as_bytes()).text
    }

    #[test]
    fn text_is_read_out_of_rtf() {
        for (rtf, expected) in [
            (
                r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 Gr\'fc\'dfe\par x\tab y}",
                "Gr\u{fc}\u{df}e\r\nx\ty",
            ),
            (r"{\rtf1\ansicpg1252{\fonttbl{\f1\fcharset204 A;}}\f1\'ef\'f0}", "\u{43f}\u{440}"),
            (r"{\rtf1\uc1 \u8364?\uc0\u228 z}", "\u{20ac}\u{e4}z"),
            (r"{\rtf1 \u-10179 ?\u-8704 ?!}", "\u{1f600}!"),
            (r"{\rtf1{\*\generator Word;}{\info{\author A}}\{x\}\\~}", "{x}\\~"),
            (r"{\rtf1{\pict\bin3 }}}}x}", "x"),
            (r"{\rtf1 a\bin99 b", "a"),
            ("no rtf", "no rtf"),
            (r"}}}{\", "\\"),
        ] {
            assert_eq!(text(rtf), expected, "{rtf}");
        }
    }

    #[test]
    fn html_is_read_out_of_the_rtf_it_was_put_into() {
        let rtf = br"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}
{\*\htmltag19 <html>}{\*\htmltag64 <p>}\htmlrtf {\f0 \htmlrtf0 Gr\'fc\'dfe{\*\htmltag84 &nbsp;}
\htmlrtf \'a0\htmlrtf0 {\*\mhtmltag8 <a>}\ldblquote x\rdblquote\htmlrtf\par}\htmlrtf0
{\*\htmltag72 </p>}{\*\htmltag27 </html>}}";
        let html = "<html><p>Gr\u{fc}\u{df}e&nbsp;&ldquo;x&rdquo;</p></html>";
        assert_eq!(read(rtf), RtfBody { html: Some(html.into()), text: String::new() });
    }

    #[test]
    fn groups_below_rtf_depth_max_are_read_as_one() {
        for depth in [RTF_DEPTH_MAX - 1, RTF_DEPTH_MAX * 4] {
            let rtf = format!("{}x{}y", "{".repeat(depth), "}".repeat(depth));
            assert_eq!(text(&rtf), "xy");
        }
        // A word in a group that is kept apart ends with it; below the limit it does not.
        let ignored = |depth: usize| {
            text(&format!("{}{{\\pict x}}y{}", "{".repeat(depth), "}".repeat(depth)))
        };
        assert_eq!(ignored(RTF_DEPTH_MAX - 2), "y");
        assert_eq!(ignored(RTF_DEPTH_MAX - 1), "");
    }
}
