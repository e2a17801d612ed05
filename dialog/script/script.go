// Package script plays written conversations against a dialog and compares what it does with what
// was written: the tests of flows, of packs, and of the understanding behind them.
package script

import (
	"fmt"
	"io"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/hotline-cc/hotline"
)

// File is a file of scripts.
type File struct {
	Version   int      `yaml:"version"`
	Dialogues []Script `yaml:"dialogues"`
}

// Script is one conversation as it should go.
type Script struct {
	ID      string   `yaml:"id"`
	Title   string   `yaml:"title"`
	Tenant  string   `yaml:"tenant"`  // which pack answers
	Channel string   `yaml:"channel"` // voice or text
	Caller  string   `yaml:"caller"`  // number the call comes from
	Tags    []string `yaml:"tags"`
	Turns   []Turn   `yaml:"turns"`
	End     End      `yaml:"end"`
}

// VoiceOnly is the tag of scripts that make no sense typed: numbers dictated in groups.
const VoiceOnly = "voice only"

// On reports whether a script can be played on a channel.
func (s Script) On(channel string) bool {
	return channel != "text" || !slices.Contains(s.Tags, VoiceOnly)
}

// Turn is one thing that happens, and what should follow.
type Turn struct {
	User      string  `yaml:"user"`
	Interrupt string  `yaml:"interrupt"` // said over a prompt
	System    string  `yaml:"system"`    // said by us before: a call that we place
	Silence   float64 `yaml:"silence"`   // seconds
	DTMF      string  `yaml:"dtmf"`      // keys
	Expect    Expect  `yaml:"expect"`
}

// Expect is what must be among what follows a turn; more may.
type Expect struct {
	Act      string            `yaml:"act"`
	Category string            `yaml:"category"`
	Slots    map[string]string `yaml:"slots"`
	Events   []map[string]any  `yaml:"events"`
}

// End is how things stand when the script is over. What is absent is not looked at, null must not be.
type End struct {
	Ticket  Wanted `yaml:"ticket"`
	Handoff Wanted `yaml:"handoff"`
}

// Wanted is a mapping that must be met, null for nothing at all, or absent.
type Wanted struct {
	Given  bool
	Fields map[string]any // nil when there must be nothing
}

// UnmarshalYAML keeps apart what is null and what is absent: a null never reaches the decoder of the
// value it stands for, so the mapping around it is read here.
func (e *End) UnmarshalYAML(n *yaml.Node) error {
	var fields map[string]yaml.Node
	if err := n.Decode(&fields); err != nil {
		return err
	}
	for name, to := range map[string]*Wanted{"ticket": &e.Ticket, "handoff": &e.Handoff} {
		value, given := fields[name]
		if to.Given = given; !given || value.Tag == "!!null" {
			continue
		}
		if err := value.Decode(&to.Fields); err != nil {
			return err
		}
	}
	return nil
}

// Limits of a file.
const (
	maxBytes = 4 << 20
	maxTurns = 200
)

// Read reads a file of scripts. name is for messages.
func Read(r io.Reader, name string) ([]Script, error) {
	const op = "read dialogues"
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if len(data) > maxBytes {
		return nil, hotline.Errorf(op, hotline.CodeTooLarge, "%s: 超过 4 MiB larger than 4 MiB", name)
	}
	var f File
	if err := yaml.Unmarshal(data, &f); err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s: %w", name, err)
	}
	for _, s := range f.Dialogues {
		if s.ID == "" || len(s.Turns) == 0 || len(s.Turns) > maxTurns || s.Channel != "voice" && s.Channel != "text" {
			return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s: 对话 %q 需要 id、channel（voice 或 text）和 1 至 %d 个 turns (id, channel and turns are needed)", name, s.ID, maxTurns)
		}
	}
	return f.Dialogues, nil
}
