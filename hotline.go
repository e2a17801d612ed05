// Package hotline is the vocabulary of the gateway: what a conversation, a channel, an event and
// an error are called. Every other package may import it; it imports the standard library only.
package hotline

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// ConversationID names one conversation, whatever its channel. IDs sort by the time they were
// made (48 bits of Unix milliseconds, then 80 random bits) and hold only [0-9a-v], so they are
// safe as file names and in URLs.
type ConversationID string

var idEncoding = base32.HexEncoding.WithPadding(base32.NoPadding)

// NewConversationID returns an identifier for a conversation that starts at now.
func NewConversationID(now time.Time) ConversationID {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	rand.Read(b[6:]) // never fails since Go 1.24
	text := idEncoding.AppendEncode(nil, b[:])
	for i, c := range text {
		if c >= 'A' && c <= 'Z' {
			text[i] = c + ('a' - 'A')
		}
	}
	return ConversationID(text)
}

// Time returns when the conversation began, to the millisecond, as its identifier tells. A text that
// NewConversationID did not make is an error with CodeInvalid; one it made is safe as a file name.
func (id ConversationID) Time() (time.Time, error) {
	raw, err := idEncoding.DecodeString(strings.ToUpper(string(id)))
	if err != nil || len(id) != 26 || len(raw) != 16 || strings.ToLower(string(id)) != string(id) {
		return time.Time{}, Errorf("read conversation id", CodeInvalid, "%q is not an identifier", id)
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(raw) >> 16)), nil
}

// Channel is the way a person reached us.
type Channel string

// The channels a conversation can come in on.
const (
	ChannelPhone Channel = "phone" // SIP trunk or SIP phone
	ChannelWeb   Channel = "web"   // WebRTC call from a browser
	ChannelChat  Channel = "chat"  // text over REST or WebSocket
)
