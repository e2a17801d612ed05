package nlu

import "github.com/hotline-cc/hotline/kb"

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
