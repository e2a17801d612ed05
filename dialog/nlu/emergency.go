package nlu

// ruling is what a rule says about a sentence.
type ruling struct {
	rule   string
	strong bool // decides alone
	veto   bool // what looks like it is none: the classifier must be nearly certain
}

// Chances that go with rulings.
const (
	strongFloor = 0.9
	vetoFloor   = 0.8
)

// decides joins a ruling with the chance the classifier gives.
func (r ruling) decides(chance, threshold float64) bool {
	switch {
	case r.strong:
		return true
	case r.veto:
		return chance >= vetoFloor
	}
	return chance >= threshold
}

func (r ruling) floor() float64 {
	if r.strong {
		return strongFloor
	}
	return 0
}

// dangerOf applies the rules for danger.
func dangerOf(s *sentence) ruling {
	return ruling{}
}

// emergencyOf describes the danger a sentence tells of.
func emergencyOf(s *sentence, score float64) *Emergency {
	e := &Emergency{Service: "110", Score: score}
	return e
}
