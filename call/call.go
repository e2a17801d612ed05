// Package call holds one spoken conversation: it listens, takes turns, speaks, and writes down what
// happened. It joins a line (SIP or WebRTC), a recogniser, a dialog and a synthesiser without
// knowing which they are.
//
//	leg ─frames─► line ─► voice detection ─► floor ─► recogniser ─► dialog ─► speaker ─► mouth ─► leg
//	                └──────────────► recorder ◄────────────────────────────────────────────┘
//
// One goroutine owns the conversation. Its clock is the audio itself: a frame arrives every 20 ms
// for as long as the leg lives, so every wait is counted in stream time and a recorded call gives
// the same decisions each time.
package call

import (
	"context"
	"errors"
	"log/slog"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// Leg is the caller's line.
type Leg interface {
	Format() media.Format
	// Join connects both directions of sound; they are ticked together every media.Tick, the sink
	// first, until the leg has ended.
	Join(media.Sink, media.Source) error
	Keys() <-chan dtmf.Event
	// Ended tells once how the leg ended.
	Ended() <-chan hotline.Ended
	// Hangup ends the leg and returns when it has ended.
	Hangup(ctx context.Context, reason string) error
}

// HearingRate is the rate of the audio given to a Recognizer and a Detector, in Hz.
const HearingRate = 16000

// VoiceRate is the rate of the audio a Voice gives, in Hz.
const VoiceRate = 24000

// Speech is an utterance to recognise.
type Speech struct {
	PCM         []int16 // HearingRate, mono
	Hotwords    []string
	Speculative bool // it may be thrown away
}

// Words is what a Recognizer heard.
type Words struct {
	Text       string // "" when there were no words
	Raw        string
	Confidence float64
	LogProb    float64
	Rejected   string // why Text was emptied or repaired
}

// Recognizer turns speech into words. Cancelling ctx ends the work.
type Recognizer interface {
	Recognize(ctx context.Context, s Speech) (Words, error)
}

// Voice speaks a prompt piece by piece and reports whether it had been rendered before.
type Voice interface {
	Speak(ctx context.Context, p dialog.Prompt, emit func(pcm []int16) error) (cached bool, err error)
}

// Detector gives the probability (0…1) that a window of 512 samples holds a voice. It keeps the
// state of one stream.
type Detector interface {
	Window(pcm []int16) float32
}

// Recorder is given every tick of each side at the leg's format: the caller, the hotline, then the
// others in the order in which SetOthers names them from the next tick on. It must not block; one
// goroutine calls it.
type Recorder interface {
	TickAll(sides [][]int16)
	SetOthers(names ...string) error
}

// Log takes the events of the conversation, in order.
type Log interface {
	Append(body hotline.EventBody) error
}

// Config is what a conversation is made of. Recorder and Clerk may be nil.
type Config struct {
	Engine       dialog.Engine
	Recognizer   Recognizer
	Voice        Voice
	Detector     Detector
	Recorder     Recorder
	Log          Log
	Clock        media.Clock
	Logger       *slog.Logger
	Tuning       Tuning
	Started      hotline.Started
	Known        map[string]string // facts known beforehand, by slot
	Attend       desk.Agent        // who has the conversation from the beginning: the call was made for them
	Conversation hotline.ConversationID
	Clerk        dialog.Clerk // nil does no errands
	Desk         Desk         // nil has no people
	Lines        Lines        // to people; nil reaches nobody
	// Ear returns a detector for the voice of one more party, whose words are written down; nil
	// writes down the caller's only.
	Ear func() Detector
	// Filler is said when recognition takes long; "" says nothing.
	Filler string
}

func (c *Config) validate() error {
	var problems []error
	for name, missing := range map[string]bool{
		"Engine": c.Engine == nil, "Recognizer": c.Recognizer == nil, "Voice": c.Voice == nil,
		"Detector": c.Detector == nil, "Log": c.Log == nil, "Clock": c.Clock == nil, "Logger": c.Logger == nil,
	} {
		if missing {
			problems = append(problems, errors.New("call config: "+name+" is missing"))
		}
	}
	tuning, err := c.Tuning.withDefaults()
	c.Tuning = tuning
	return errors.Join(append(problems, err)...)
}
