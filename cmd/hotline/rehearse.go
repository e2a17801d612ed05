package main

import (
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/packs"
)

// rehearse returns what the built-in dialog says in a call in which these sentences are spoken, so that
// a demonstration need not wait until everything it could say has been spoken ahead.
func rehearse(sentences ...string) ([]string, error) {
	p, err := packs.Open("")
	if err != nil {
		return nil, err
	}
	engine, err := p.Engine()
	if err != nil {
		return nil, err
	}
	var said []string
	var state dialog.State
	step := func(e dialog.Event) {
		for next := []dialog.Event{e}; len(next) > 0; next = next[1:] {
			var actions []dialog.Action
			state, actions = engine.Step(state, next[0])
			for _, a := range actions {
				switch a := a.(type) {
				case dialog.Say:
					said = append(said, a.Prompt.Text)
				case dialog.Handover:
					next = append(next, dialog.Unattended{})
				case dialog.File:
					next = append(next, dialog.Done{ID: a.ID})
				case dialog.LookUp:
					next = append(next, dialog.Done{ID: a.ID, Failed: "rehearsal"})
				}
			}
		}
	}
	step(dialog.Started{Channel: hotline.ChannelPhone, At: time.Now()})
	for _, text := range sentences {
		step(dialog.Heard{Text: text, Confidence: 1, At: time.Now()})
	}
	step(dialog.Unheard{Failed: true}) // tests break the recogniser
	return said, nil
}
