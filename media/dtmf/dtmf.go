// Package dtmf carries telephone keys on their three ways: as RFC 4733 events in RTP, in SIP INFO
// bodies, and as tones in the sound. A Merger joins the ways into one stream of keys.
package dtmf

import (
	"fmt"
	"strings"
	"time"
)

// Key is one telephone key: 0…9, *, #, A…D, or Flash.
type Key byte

// Flash is the hook flash, event 16 of RFC 4733 section 3.2.
const Flash Key = '!'

// keys lists the keys by their RFC 4733 event code.
const keys = "0123456789*#ABCD!"

// KeyOf returns the key of an RFC 4733 event code.
func KeyOf(code uint8) (Key, bool) {
	if int(code) >= len(keys) {
		return 0, false
	}
	return Key(keys[code]), true
}

// Code returns the RFC 4733 event code of the key and whether it is one.
func (k Key) Code() (uint8, bool) {
	i := strings.IndexByte(keys, byte(k))
	return uint8(max(i, 0)), i >= 0
}

func (k Key) String() string { return string(rune(k)) }

// ParseKeys reads a dialling string. Letters may be small; blanks and hyphens are skipped.
func ParseKeys(s string) ([]Key, error) {
	var out []Key
	for _, r := range strings.ToUpper(s) {
		if r == ' ' || r == '-' {
			continue
		}
		if r > 0x7f || !strings.ContainsRune(keys, r) {
			return nil, fmt.Errorf("key %q: want one of %s", r, keys)
		}
		out = append(out, Key(r))
	}
	return out, nil
}

// Source is the way a key came.
type Source string

// The ways, from the most to the least trustworthy.
const (
	SourceRTP    Source = "rfc4733"
	SourceInfo   Source = "info"
	SourceInBand Source = "inband"
)

// Event is one key pressed. It is told once, as soon as the key is certain, so Duration is how
// long the key had been down by then, as far as is known.
type Event struct {
	Key      Key
	Source   Source
	Duration time.Duration
	At       time.Time
}
