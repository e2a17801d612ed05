package dialog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Pack is the content of a first dialog: what it is called, what it says, and the questions it
// answers.
type Pack struct {
	Version int     `yaml:"version"`
	Name    string  `yaml:"name"`
	Queue   string  `yaml:"queue"` // where people who ask for a person go
	Prompts Prompts `yaml:"prompts"`
	Entries []Entry `yaml:"entries"`
}

// Prompts are the fixed sentences of a dialog.
type Prompts struct {
	Greeting     string   `yaml:"greeting"`      // opens the call with one open question
	AnythingElse string   `yaml:"anything_else"` // follows an answer
	NoInput      []string `yaml:"no_input"`      // said after the first, second … silence; the last one ends the call
	NoMatch      []string `yaml:"no_match"`      // said after the first, second … misunderstanding, before people are offered
	Offer        string   `yaml:"offer"`         // offers entries to choose from; %s is the list
	Unheard      string   `yaml:"unheard"`       // said when speech was noticed and not understood
	Fault        string   `yaml:"fault"`         // said when the recogniser is down
	Wait         string   `yaml:"wait"`          // answers "等一下"
	Slower       string   `yaml:"slower"`        // precedes the slower repetition
	Key          string   `yaml:"key"`           // answers a key that means nothing here
	Handover     string   `yaml:"handover"`      // precedes the queue
	Goodbye      string   `yaml:"goodbye"`       // ends the call
}

// Entry is one question with its answer.
type Entry struct {
	ID       string   `yaml:"id"`
	Question string   `yaml:"question"`
	Similar  []string `yaml:"similar"`
	Answer   string   `yaml:"answer"`
	Topic    string   `yaml:"topic"` // short name used when offering a choice
}

// Limits of a pack.
const (
	maxPackBytes   = 4 << 20
	maxEntries     = 10000
	maxAnswerRunes = 300
)

// ParsePack reads a pack from YAML. Unknown keys, missing texts and doubled ids are errors that
// name the line or the entry.
func ParsePack(r io.Reader) (*Pack, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPackBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read pack: %w", err)
	}
	if len(data) > maxPackBytes {
		return nil, fmt.Errorf("read pack: larger than %d bytes", maxPackBytes)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	var p Pack
	if err := decoder.Decode(&p); err != nil {
		return nil, fmt.Errorf("read pack: %w", err)
	}
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("check pack: %w", err)
	}
	return &p, nil
}

func (p *Pack) validate() error {
	var problems []error
	report := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if p.Version != 1 {
		report("version: want 1, got %d", p.Version)
	}
	for name, text := range p.Prompts.single() {
		if text == "" {
			report("prompts.%s: missing", name)
		}
	}
	if len(p.Prompts.NoInput) == 0 {
		report("prompts.no_input: needs at least one sentence")
	}
	if len(p.Prompts.NoMatch) == 0 {
		report("prompts.no_match: needs at least one sentence")
	}
	if len(p.Entries) == 0 || len(p.Entries) > maxEntries {
		report("entries: want 1 to %d, got %d", maxEntries, len(p.Entries))
	}
	seen := make(map[string]bool, len(p.Entries))
	for i, e := range p.Entries {
		where := fmt.Sprintf("entry %d (%s)", i+1, e.ID)
		switch {
		case e.ID == "":
			report("%s: id missing", where)
		case seen[e.ID]:
			report("%s: id used twice", where)
		}
		seen[e.ID] = true
		if e.Question == "" {
			report("%s: question missing", where)
		}
		if n := utf8.RuneCountInString(e.Answer); n == 0 || n > maxAnswerRunes {
			report("%s: answer has %d characters, want 1 to %d", where, n, maxAnswerRunes)
		}
	}
	return errors.Join(problems...)
}

// single returns the prompts that are one sentence, by their name in the file.
func (p *Prompts) single() map[string]string {
	return map[string]string{
		"greeting": p.Greeting, "anything_else": p.AnythingElse, "offer": p.Offer, "unheard": p.Unheard,
		"fault": p.Fault, "wait": p.Wait, "slower": p.Slower, "key": p.Key, "handover": p.Handover,
		"goodbye": p.Goodbye,
	}
}

// Texts returns every fixed sentence of the pack, most urgent first, so that they can be rendered
// before anybody calls.
func (p *Pack) Texts() []string {
	f := &p.Prompts
	texts := []string{f.Greeting, f.Unheard, f.Fault, f.Handover, f.Goodbye, f.AnythingElse}
	texts = append(texts, f.NoMatch...)
	texts = append(texts, f.NoInput...)
	texts = append(texts, f.Wait, f.Slower, f.Key)
	for _, e := range p.Entries {
		texts = append(texts, e.Answer)
	}
	return texts
}
