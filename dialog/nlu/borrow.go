package nlu

import "maps"

// mayKnow is the share of the pairs of characters of a question in a base from which the base may have an
// answer to it.
const mayKnow = 0.4

// Borrow takes from the labelled sentences of another tenant what they teach about acts, which are the same
// everywhere. What they are about is left out, and so are questions that documents may have an answer to.
func Borrow(lender []Utterance, documents []Document) []Utterance {
	known := map[[2]rune]bool{}
	for _, d := range documents {
		for _, w := range d.Wordings {
			maps.Copy(known, pairsOf(w))
		}
	}
	var out []Utterance
	for _, u := range lender {
		pairs := pairsOf(u.Text)
		question := u.Act == ActAsk || u.Act == ActOutOfScope
		if !question || float64(common(pairs, known)) < mayKnow*float64(len(pairs)) {
			out = append(out, Utterance{Text: u.Text, Channel: u.Channel, Act: u.Act, Line: u.Line})
		}
	}
	return out
}
