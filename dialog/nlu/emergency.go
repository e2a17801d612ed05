package nlu

import (
	"slices"
	"strings"
)

// ruling is what the rules say about a sentence: whether it decides alone, or how certain the
// classifier must be.
type ruling struct {
	rule   string
	strong bool
	need   float64 // chance from which the classifier decides; 0: its own threshold
}

// strongFloor is the least chance of what a rule decides.
const strongFloor = 0.9

// decides joins a ruling with the chance the classifier gives.
func (r ruling) decides(chance, threshold float64) bool {
	if r.strong {
		return true
	}
	if r.need > 0 {
		threshold = r.need
	}
	return chance >= threshold
}

func (r ruling) floor() float64 {
	if r.strong {
		return strongFloor
	}
	return 0
}

// How certain the classifier must be of danger, by what the words say.
const (
	needWithout  = 0.45 // no word of danger
	needShort    = 0.85 // no word of danger in a few characters, 联系了
	needExcluded = 0.7  // words of danger with what lifts it: past, hypothetical, negated, a manner of speaking
	needHeard    = 0.45 // words that sound like danger
	needWritten  = 0.22 // words of danger
	needCertain  = 0.06 // words that hardly anybody says without danger
)

// fewWords is from how many characters a sentence may tell of danger without a word of it.
const fewWords = 6

// leastHeard is from how many characters on the sound of a word counts: shorter ones sound like too much else.
const leastHeard = 3

// shortCry is up to how many characters a sentence with words of certain danger is a cry for help.
const shortCry = 8

// dangers are the classes of words of danger, what they are, and the service that answers. Of several
// the first counts.
var dangers = []struct {
	class   string
	kind    EmergencyKind
	service string
}{
	{"e.suicide", Suicide, "110"}, {"e.fire", Fire, "119"}, {"e.gas", Gas, "119"}, {"e.trapped", Trapped, "119"},
	{"e.collapse", Collapse, "119"}, {"e.drown", Drowning, "119"}, {"e.electric", Electricity, "119"}, {"e.violence", Crime, "110"},
	{"e.faint", Medical, "120"}, {"e.blood", Medical, "120"}, {"e.crash", Accident, "120"}, {"e.poison", Poisoning, "120"},
	{"e.lost", Lost, "110"}, {"e.scam", Fraud, "110"},
}

// lifted are the classes that take danger out of a sentence.
var lifted = []string{"x.past", "x.if", "x.not", "x.rhetoric", "x.media"}

// dangerOf applies the rules for danger.
func dangerOf(s *sentence) ruling {
	written, heard := "", ""
	for _, f := range s.finds {
		switch {
		case f.class == "e.now" || !strings.HasPrefix(f.class, "e."):
		case f.heard && f.to-f.from < leastHeard:
		case f.heard:
			heard = f.class
		default:
			written = f.class
		}
	}
	for _, class := range lifted {
		if s.says(class) && written+heard != "" {
			return ruling{rule: class, need: needExcluded}
		}
	}
	switch {
	case justRobbed(s.text):
		return ruling{rule: "just_transferred", strong: true}
	case s.says("e.certain") && len(s.runes) <= shortCry && !s.asks():
		return ruling{rule: "e.certain", strong: true}
	case s.says("e.certain"):
		return ruling{rule: "e.certain", need: needCertain}
	case written != "" && s.says("e.now") && !s.asks():
		return ruling{rule: written + "+e.now", need: needWritten / 2}
	case written != "":
		return ruling{rule: written, need: needWritten}
	case heard != "":
		return ruling{rule: "~" + heard, need: needHeard}
	}
	if len(s.runes) < fewWords {
		return ruling{need: needShort}
	}
	return ruling{need: needWithout}
}

// justRobbed reports money that went to a swindler a moment ago and may still be stopped.
func justRobbed(text string) bool {
	any := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	return any("骗", "诈") && any("刚", "分钟前", "这会儿") && any("转走", "转了", "转过", "转出", "汇了", "汇过", "打过去", "打给", "划走")
}

// asks reports whether a sentence wants information, by its words.
func (s *sentence) asks() bool {
	for _, class := range []string{"q.where", "q.much", "q.who", "q.when", "q.long", "i.material"} {
		if s.says(class) {
			return true
		}
	}
	return false
}

// emergencyOf describes the danger a sentence tells of.
func emergencyOf(s *sentence, score float64) *Emergency {
	e := &Emergency{Kind: OtherDanger, Service: "110", Confidence: score}
	for _, heard := range []bool{false, true} {
		for _, d := range dangers {
			for _, f := range s.finds {
				if f.class == d.class && f.heard == heard && (!heard || f.to-f.from >= leastHeard) {
					e.Kind, e.Service = d.kind, d.service
					return e
				}
			}
		}
	}
	return e
}
