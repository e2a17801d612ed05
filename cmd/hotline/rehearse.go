package main

import (
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/dialog/pack"
)

// rehearse returns what the dialog of a pack says in a call in which these sentences are spoken, so that
// a demonstration need not wait until everything it could say has been spoken ahead.
func rehearse(p *pack.Pack, sentences ...string) ([]string, error) {
	engine, err := p.Engine()
	if err != nil {
		return nil, err
	}
	var said []string
	var state dialog.State
	step := func(e dialog.Event) {
		state = dialog.Drive(engine, state, e, func(a dialog.Action) dialog.Event {
			switch a := a.(type) {
			case dialog.Say:
				said = append(said, a.Prompt.Text)
			case dialog.Handover:
				return dialog.Unattended{}
			case dialog.File:
				return dialog.Done{ID: a.ID}
			case dialog.LookUp:
				return dialog.Done{ID: a.ID, Failed: "rehearsal"}
			}
			return nil
		})
	}
	step(dialog.Started{Channel: hotline.ChannelPhone, At: time.Now()})
	for _, text := range sentences {
		step(dialog.Heard{Text: text, Confidence: 1, At: time.Now()})
	}
	step(dialog.Unheard{Failed: true}) // tests break the recogniser
	return said, nil
}
