package slot

import "strings"

// Capture reads the answer to a question for one slot. Numbers may come in groups over several
// turns, spoken, typed or by keys: pass Captured.Partial to the next call. A value that is good
// also comes back as Partial, so that "后四位是三二三七" and "六号楼" amend it.
func Capture(k Kind, text string, c Context, partial string) Captured {
	if _, ok := identifierOf(k); ok {
		return captureIdentifier(k, text, partial)
	}
	s := read(text)
	var got Captured
	switch k {
	case Address:
		got = capturePlace(s, c, partial)
	case District:
		got = captureDistrict(s, c)
	case Time:
		got = captureTime(s, c)
	case Person:
		got = captured(s.captureName())
	case Org:
		got = captureOrg(s, c)
	case Amount:
		got = captureAmount(s)
	case Route:
		got = captureRoute(s)
	case Item:
		got = captureItem(s)
	case Service:
		number, _, _ := s.service()
		got = captured(number, false, number != "")
	case YesNo:
		got = captureYesNo(s)
	case Choice:
		got = captureChoice(s, c.Options)
	default:
		return Captured{Problem: Unknown}
	}
	if got.Problem == "" && got.Spoken == "" {
		got.Spoken = Spoken(k, got.Value)
	}
	if got.Problem == "" && got.Partial == "" {
		got.Partial = got.Value
	}
	return got
}

// captured wraps a value that was found or not.
func captured(value string, repaired, ok bool) Captured {
	switch {
	case !ok:
		return Captured{Problem: Missing}
	case repaired:
		return Captured{Value: value, Repaired: true, Confidence: 0.7}
	}
	return Captured{Value: value, Confidence: 0.9}
}

// Validate says what is wrong with the form of a value, "" for nothing. Whether a place or an
// organisation exists is for Capture to find out.
func Validate(k Kind, value string) Problem {
	if id, ok := identifierOf(k); ok {
		return id.validate(value)
	}
	switch {
	case strings.TrimSpace(value) == "":
		return Missing
	case len(value) > 4*maxRunes:
		return TooLong
	case k == Service:
		return unless(value == "110" || value == "119" || value == "120", Malformed)
	case k == YesNo:
		return unless(value == "yes" || value == "no" || value == "unsure", Malformed)
	case k == Amount:
		s := read(value)
		hundredths, end := s.number(0)
		return unless(end == s.len() && hundredths > 0 && yuan(hundredths) == value, Malformed)
	}
	return ""
}

// Spoken returns how a value is read back: numbers in groups with 幺 for one, sums in Chinese
// numerals, everything else as it is.
func Spoken(k Kind, value string) string {
	if id, ok := identifierOf(k); ok {
		return id.spell(value)
	}
	switch k {
	case Amount:
		return spellAmount(value)
	case Service:
		return spellDigits(value)
	case Route:
		if digits := strings.TrimLeft(value, "0123456789"); digits == "" && value != "" && len(value) < 5 {
			return spellRoute(value) + "路"
		}
	}
	return value
}

// spellRoute reads routes up to 999 as quantities (一百零八) and the rest digit by digit.
func spellRoute(digits string) string {
	if len(digits) > 3 {
		return spellDigits(digits)
	}
	return spellNumber(int64(atoi(digits)))
}

func captureAmount(s sentence) Captured {
	list := s.amounts()
	if len(list) == 0 {
		// Asked for money, a bare number is money.
		for i := range s.r {
			if value, end := s.number(i); end > i && value > 0 {
				list = append(list, s.found(Amount, yuan(value), i, end, 0.8))
				break
			}
		}
	}
	if len(list) == 0 {
		return Captured{Problem: Missing}
	}
	best := list[0]
	for _, f := range list[1:] {
		if s.corrected(s.compact(best)[1], s.compact(f)[0]) {
			best = f
		}
	}
	return captured(best.Value, false, true)
}

func captureRoute(s sentence) Captured {
	if list := s.routes(); len(list) > 0 {
		return captured(list[len(list)-1].Value, false, true)
	}
	for i := range s.r {
		if text, _ := s.countText(i); text != "" && len(text) <= 4 {
			return captured(text, false, true)
		}
	}
	return Captured{Problem: Missing}
}

func captureItem(s sentence) Captured {
	for i := range s.r {
		if n := s.hasAny(i, things...); n > 0 {
			from := i - s.endsWith(i, colours...)
			return captured(s.text(from, i+n), false, true)
		}
	}
	return Captured{Problem: Missing}
}

func captureOrg(s sentence, c Context) Captured {
	for i := range s.r {
		list, n := c.Orgs.at(s, i)
		switch {
		case n == 0:
		case len(list) == 1:
			return captured(list[0].name, false, true)
		default:
			got := Captured{Problem: Ambiguous}
			for _, o := range list {
				got.Candidates = append(got.Candidates, Candidate{Value: o.name, Label: o.name, ID: o.id})
			}
			return got
		}
	}
	for _, m := range c.Places.mentions(s, c.Region, true) {
		if m.place().Type == "landmark" {
			return captured(c.Places.written(s, site{parts: []mention{m}}), m.form >= formConfusion, true)
		}
	}
	if list := s.calledNames(); len(list) > 0 {
		return captured(list[len(list)-1].Value, false, true)
	}
	if list := s.ownNames(c.Places, nil, func(int) bool { return false }); len(list) > 0 {
		return captured(list[0].Value, false, true)
	}
	// What is said to that question is its name, if it is no more than a name.
	from := s.hasAny(0, "它叫", "他们叫", "名字叫", "叫做", "叫", "是", "就是", "店名叫", "公司叫")
	if n := s.len() - from; n >= 2 && n <= 16 && captureYesNo(s).Problem != "" && !s.broken(from, s.len()) && !s.contains("不知道", "不清楚", "忘了", "记不") {
		return Captured{Value: s.text(from, s.len()), Problem: "", Confidence: 0.5}
	}
	return Captured{Problem: Missing}
}
