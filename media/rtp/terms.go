package rtp

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/hotline-cc/hotline/media"
)

// Direction is which way the sound of a stream goes, seen from us (RFC 3264 section 5.1).
type Direction int

// The directions of SDP.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

// Sends reports whether we send sound.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly }

// Receives reports whether we take sound.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

func (d Direction) String() string {
	names := [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}
	if d < 0 || int(d) >= len(names) {
		return fmt.Sprintf("Direction(%d)", int(d))
	}
	return names[d]
}

// Terms is what offer and answer agreed on for one stream.
type Terms struct {
	Codec media.Codec
	// Encoder and Decoder belong to the Session from now on. In Session.Update nil keeps those in
	// use, which only fits an unchanged codec.
	Encoder media.Encoder
	Decoder media.Decoder
	// SendType and ReceiveType are the payload types of the codec, 0…127.
	SendType, ReceiveType uint8
	// KeySendType and KeyReceiveType are the payload types of telephone-event, 96…127; 0 when it
	// was not agreed on. KeyClock is its clock in Hz, default the codec's.
	KeySendType, KeyReceiveType uint8
	KeyClock                    int
	// PacketTime is how much sound a packet we send holds: 10, 20, 30, 40 or 60 ms. Default 20. What
	// arrives may have any length. Opus has no frame of 30 ms and sends 20 instead.
	PacketTime time.Duration
	// Remote is where the peer's SDP wants RTP. The zero address sends nothing until the peer's
	// own source is learnt.
	Remote netip.AddrPort
	// RemoteRTCP is where it wants RTCP; zero is the port above RTP's. Mux sends and takes RTCP on
	// the RTP port instead (RFC 5761).
	RemoteRTCP netip.AddrPort
	Mux        bool
	Direction  Direction
	// SendKey and ReceiveKey are the SRTP master keys of each direction; both nil is plain RTP.
	SendKey, ReceiveKey *Key
}

var errOneKey = errors.New("SendKey and ReceiveKey must be both set or both nil")

// withDefaults fills in defaults and checks every field.
func (t Terms) withDefaults() (Terms, error) {
	if t.KeyClock == 0 {
		t.KeyClock = t.Codec.RTPClock
	}
	if t.PacketTime == 0 {
		t.PacketTime = media.Tick
	}
	if t.PacketTime == 30*time.Millisecond && strings.EqualFold(t.Codec.Name, "opus") {
		t.PacketTime = media.Tick
	}
	return t, t.validate()
}

func (t Terms) validate() error {
	c := t.Codec
	switch {
	case c.PCMRate < 8000 || c.PCMRate > 48000:
		return fmt.Errorf("terms: Codec.PCMRate %d Hz is not within 8000…48000", c.PCMRate)
	case c.RTPClock < 8000 || c.RTPClock > 48000:
		return fmt.Errorf("terms: Codec.RTPClock %d Hz is not within 8000…48000", c.RTPClock)
	case t.Encoder == nil || t.Decoder == nil:
		return errors.New("terms: Encoder or Decoder is missing")
	case t.SendType > 127 || t.ReceiveType > 127:
		return fmt.Errorf("terms: payload types %d and %d are not within 0…127", t.SendType, t.ReceiveType)
	case !keyType(t.KeySendType) || !keyType(t.KeyReceiveType):
		return fmt.Errorf("terms: telephone-event payload types %d and %d are not 0 or 96…127", t.KeySendType, t.KeyReceiveType)
	case t.Direction < SendRecv || t.Direction > Inactive:
		return fmt.Errorf("terms: Direction %d is unknown", int(t.Direction))
	case (t.SendKey == nil) != (t.ReceiveKey == nil):
		return fmt.Errorf("terms: %w", errOneKey)
	}
	switch t.PacketTime {
	case 10 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond:
		return nil
	}
	return fmt.Errorf("terms: PacketTime %v is not 10, 20, 30, 40 or 60 ms", t.PacketTime)
}

func keyType(payloadType uint8) bool {
	return payloadType == 0 || payloadType >= 96 && payloadType <= 127
}
