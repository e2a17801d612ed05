package nlu

import "strings"

// How certain the classifier must be that somebody wants a person.
const (
	needAsked    = 0.1 // a wish in words, within a story
	needPerson   = 0.2 // words for people who answer
	needNoPerson = 0.35
	needRefused  = 0.999
)

// shortWish is up to how many characters a sentence with the wish in words is nothing but the wish.
const shortWish = 12

// refusals are said by people who do not want a person.
var refusals = []string{"不用转人工", "不用找人工", "不找人工", "不转人工", "不要转人工", "不要人工", "不需要人工", "别转人工", "别给我转", "不想转人工", "不用人工", "先不转人工", "没说转人工", "没要人工"}

// personOf applies the rules for the wish to speak with a person; asked tells that it is there in words.
// Abuse and whatever else stands around the wish do not matter.
func personOf(s *sentence, asked bool) ruling {
	for _, r := range refusals {
		before, after, found := strings.Cut(s.text, r)
		if found && !strings.HasSuffix(before, "要") && ActOf(before+after) != ActAgent {
			return ruling{rule: "refused", need: needRefused}
		}
	}
	switch {
	case dictated(s.text):
		return ruling{rule: "number", need: needRefused}
	case s.says("h.not"):
	case asked && len(s.runes) <= shortWish:
		return ruling{rule: "control", strong: true}
	case asked:
		return ruling{rule: "control", need: needAsked}
	case s.says("h.person"), s.says("h.someone"):
		return ruling{rule: "h.person", need: needPerson}
	}
	return ruling{need: needNoPerson}
}

// dictated reports whether a sentence is nothing but a number or a sign of several characters; 零 alone
// is the key for a person.
func dictated(text string) bool {
	n := 0
	for _, r := range text {
		if r >= 'a' && r <= 'z' || readingOf(r).exact != 0 && strings.ContainsRune("0123456789零一二三四五六七八九十百幺洞拐勾两点", r) {
			n++
			continue
		}
		return false
	}
	return n >= 3
}
