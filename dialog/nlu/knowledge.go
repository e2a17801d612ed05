package nlu

import (
	"maps"

	"github.com/hotline-cc/hotline/kb"
)

// Documents lists the entries of a base that callers may hear. Entries out of force are found like
// others: kb.Base.Reply says that they have expired or are not in force yet.
func Documents(b *kb.Base) []Document {
	var documents []Document
	for e := range b.All() {
		if e.Public() {
			documents = append(documents, Document{ID: e.ID, Category: e.Category, Wordings: e.Wordings()})
		}
	}
	return documents
}

// Categories lists the leaves of a base with the words of ReadSubjects.
func Categories(b *kb.Base, words map[string][]string) []Category {
	var categories []Category
	for _, c := range b.Categories() {
		if c.Leaf {
			categories = append(categories, Category{ID: c.ID, Name: c.Name, Words: words[c.ID]})
		}
	}
	return categories
}

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
		pairs, common := pairsOf(u.Text), 0
		for pair := range pairs {
			if known[pair] {
				common++
			}
		}
		question := u.Act == ActAsk || u.Act == ActOutOfScope
		if !question || float64(common) < mayKnow*float64(len(pairs)) {
			out = append(out, Utterance{Text: u.Text, Channel: u.Channel, Act: u.Act, Line: u.Line})
		}
	}
	return out
}
