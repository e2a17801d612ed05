package api

import (
	"sync"
	"time"

	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/kb/live"
)

// Suggestion is an entry that may be what an agent looks for.
type Suggestion struct {
	Entry     string  `json:"entry"`
	Question  string  `json:"question"`
	Answer    string  `json:"answer"`
	Source    string  `json:"source"`
	Clause    string  `json:"clause,omitempty"`
	ValidFrom string  `json:"valid_from,omitempty" format:"date"`
	ValidTo   string  `json:"valid_to,omitempty" format:"date"`
	Score     float64 `json:"score" doc:"How alike question and words are, 0…1."`
	Expired   bool    `json:"expired" doc:"Not in force any more."`
}

// shelf finds entries for agents, who may also see what is for the staff alone. It is made anew when
// somebody asks after the knowledge has changed.
type shelf struct {
	knowledge *live.Knowledge
	now       func() time.Time

	mu    sync.Mutex
	base  *kb.Base
	index *nlu.Index
}

func (s *shelf) read() (*kb.Base, *nlu.Index) {
	s.mu.Lock()
	defer s.mu.Unlock()
	base := s.knowledge.Base()
	if base != s.base {
		var documents []nlu.Document
		for e := range base.All() {
			if e.Status == kb.StatusPublished {
				documents = append(documents, nlu.Document{ID: e.ID, Category: e.Category, Wordings: e.Wordings()})
			}
		}
		s.base, s.index = base, nlu.NewIndex(documents)
	}
	return s.base, s.index
}

// Of what is shown unasked: only what is alike enough, in force and of use to a person.
const (
	surely      = 0.25
	suggestions = 3
	deep        = 4 // as many more are looked at as are wanted
)

// suggest returns what may answer a sentence that a caller said.
func (s *shelf) suggest(text string) []Suggestion {
	return s.find(text, suggestions, func(e kb.Entry, score float64, standing kb.Standing) bool {
		return score >= surely && standing == kb.Valid && e.Audience != kb.AudienceEnterprise
	})
}

// search returns what is alike to words that an agent typed, also when it has expired.
func (s *shelf) search(text string, limit int) []Suggestion {
	return s.find(text, limit, func(_ kb.Entry, _ float64, standing kb.Standing) bool {
		return standing == kb.Valid || standing == kb.Expired
	})
}

func (s *shelf) find(text string, limit int, wanted func(kb.Entry, float64, kb.Standing) bool) []Suggestion {
	list := []Suggestion{}
	if s.knowledge == nil || text == "" {
		return list
	}
	base, index := s.read()
	day := kb.DayOf(s.now())
	for _, hit := range index.Search(text, limit*deep) {
		e, found := base.Entry(hit.ID)
		standing := kb.Validity(e, day)
		if !found || !wanted(e, hit.Score, standing) {
			continue
		}
		answer := e.AnswerText
		if answer == "" {
			answer = e.AnswerVoice
		}
		list = append(list, Suggestion{
			Entry: e.ID, Question: e.Question, Answer: answer, Source: e.Source, Clause: e.Clause, ValidFrom: string(e.ValidFrom), ValidTo: string(e.ValidTo),
			Score: hit.Score, Expired: standing == kb.Expired,
		})
		if len(list) == limit {
			break
		}
	}
	return list
}
