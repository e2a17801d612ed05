package nlu

import "strings"

// How certain the classifier must be that somebody wants a person.
const (
	needPerson   = 0.3 // words for people who answer
	needNoPerson = 0.5
	needRefused  = 0.8
)

// refusals are said by people who do not want a person.
var refusals = []string{"不用转人工", "不用找人工", "不找人工", "不转人工", "不要转人工", "不要人工", "不需要人工", "别转人工", "别给我转", "不想转人工", "不用人工", "先不转人工", "没说转人工", "没要人工"}

// personOf applies the rules for the wish to speak with a person. A wish that is written is never
// refused for the words around it, abuse least of all.
func personOf(s *sentence, asked bool) ruling {
	for _, r := range refusals {
		if before, _, found := strings.Cut(s.text, r); found && !strings.HasSuffix(before, "要") {
			return ruling{rule: "refused", need: needRefused}
		}
	}
	switch {
	case asked && !s.says("h.not"):
		return ruling{rule: "control", strong: true}
	case s.says("h.person"), s.says("h.someone"):
		return ruling{rule: "h.person", need: needPerson}
	}
	return ruling{need: needNoPerson}
}
