// Package sdp agrees with a peer on the one audio stream of a call: session descriptions (RFC 8866)
// in offer and answer (RFC 3264), with SRTP keys in them (RFC 4568), become rtp.Terms.
//
// Of several streams in an offer the first that can be taken is taken and the others are refused.
// An answer names one codec, so that what is heard never changes in the middle: of those the offer
// has, the one we prefer, whatever the order of the offer.
package sdp

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/rtp"
)

// SRTP says whether sound is encrypted with keys from the session description.
type SRTP int

const (
	// SRTPOff takes plain RTP only.
	SRTPOff SRTP = iota
	// SRTPOptional offers keys without insisting on them and takes what the peer offers.
	SRTPOptional
	// SRTPRequired takes no stream without keys.
	SRTPRequired
)

// Config is what is ours in a session.
type Config struct {
	// Address is the advertised address and port of RTP, 1…65534; RTCP is the next port.
	Address netip.AddrPort
	// Codecs are those we take, most preferred first; codecs.Default when empty.
	Codecs codecs.Set
	SRTP   SRTP
	// PacketTime is how much sound a packet holds unless the peer wants otherwise: 10, 20, 30, 40
	// or 60 ms. Default 20.
	PacketTime time.Duration
	// Rand makes keys and the session's number; the system's when nil.
	Rand io.Reader
}

func (c Config) withDefaults() (Config, error) {
	if len(c.Codecs) == 0 {
		c.Codecs = codecs.Default()
	}
	if c.PacketTime == 0 {
		c.PacketTime = media.Tick
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	c.Address = netip.AddrPortFrom(c.Address.Addr().Unmap(), c.Address.Port())
	return c, c.validate()
}

func (c Config) validate() error {
	a := c.Address.Addr()
	switch {
	case !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.Zone() != "":
		return fmt.Errorf("sdp config: Address %v is not a unicast address", c.Address)
	case c.Address.Port() == 0 || c.Address.Port() == 65535:
		return fmt.Errorf("sdp config: the port of Address %v is not within 1…65534", c.Address)
	case c.SRTP < SRTPOff || c.SRTP > SRTPRequired:
		return fmt.Errorf("sdp config: SRTP %d is unknown", int(c.SRTP))
	case c.PacketTime != packetTime(c.PacketTime):
		return fmt.Errorf("sdp config: PacketTime %v is not 10, 20, 30, 40 or 60 ms", c.PacketTime)
	}
	for _, codec := range c.Codecs {
		if known, ok := codecs.Default().Find(codec.Name, codec.RTPClock); !ok || codec.Channels != known.Channels ||
			known.PayloadType < codecs.FirstDynamic && codec.PayloadType != known.PayloadType {
			return fmt.Errorf("sdp config: codec %v with payload type %d and %d channels is not one of %v as codecs has them",
				codec, codec.PayloadType, codec.Channels, codecs.Default())
		}
	}
	return nil
}

// Negotiator is one session's side of offer and answer. It is not safe for concurrent use. What
// fails leaves the session as it was.
type Negotiator struct {
	cfg     Config
	id      uint64
	version uint64 // the last one used, never for two descriptions

	local   *description // in force
	offered *description // ours, not answered yet
	wanted  rtp.Direction
	terms   *rtp.Terms // in force, without encoder and decoder

	keys  map[rtp.Suite]*rtp.Key // ours
	types map[uint8]format       // what each dynamic payload type has meant (RFC 3264 section 8.3.2)
}

// New returns a Negotiator of a session that has not begun.
func New(cfg Config) (*Negotiator, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	var id [4]byte
	if _, err := io.ReadFull(cfg.Rand, id[:]); err != nil {
		return nil, fmt.Errorf("session number: %w", err)
	}
	return &Negotiator{
		cfg: cfg,
		// Devices exist that read it into 32 bits with a sign.
		id:    uint64(binary.BigEndian.Uint32(id[:]) >> 1),
		keys:  make(map[rtp.Suite]*rtp.Key),
		types: make(map[uint8]format),
	}, nil
}

// Answer returns our answer to an offer, the first of a session or a later one. The Encoder and
// Decoder of the terms are nil when the codec stays the same. The error's code is CodeInvalid for
// what is no session description, CodeTooLarge for one over the limits, CodeUnsupported when no
// stream of it can be taken, and CodeConflict while an offer of ours waits for its answer.
func (n *Negotiator) Answer(offer []byte) ([]byte, rtp.Terms, error) {
	const op = "answer an offer"
	if n.offered != nil {
		return nil, rtp.Terms{}, hotline.Errorf(op, hotline.CodeConflict, "our own offer waits for its answer")
	}
	lines, err := read(op, offer)
	if err != nil {
		return nil, rtp.Terms{}, err
	}
	var refusal error
	for _, i := range n.order(lines) {
		d, t, err := n.take(op, lines, i)
		if err == nil {
			n.learn(lines[i].stream)
			n.agree(d, t)
			return bytes.Clone(d.body), t, nil
		}
		if refusal == nil {
			refusal = err
		}
	}
	if refusal == nil {
		refusal = hotline.Errorf(op, hotline.CodeUnsupported, "no audio over RTP is offered")
	}
	return nil, rtp.Terms{}, refusal
}

// Offer returns an offer of everything we take. d is which way we want sound to go from then on;
// SendOnly or Inactive is hold. It waits for Accept or Rollback.
func (n *Negotiator) Offer(d rtp.Direction) ([]byte, error) {
	const op = "make an offer"
	if d < rtp.SendRecv || d > rtp.Inactive {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "direction %v is unknown", d)
	}
	if n.offered != nil {
		return nil, hotline.Errorf(op, hotline.CodeConflict, "the offer before waits for its answer")
	}
	offer, err := n.everything(op, d)
	if err != nil {
		return nil, err
	}
	n.offered = offer
	return bytes.Clone(offer.body), nil
}

// Accept takes the answer to our Offer or, when none waits, to Local sent once more: a refresh, or
// the final answer after an early one. Its errors have the codes of Answer; what follows is then
// Rollback or the end of the session.
func (n *Negotiator) Accept(answer []byte) (rtp.Terms, error) {
	const op = "accept an answer"
	offer := n.local
	if n.offered != nil {
		offer = n.offered
	}
	if offer == nil {
		return rtp.Terms{}, hotline.Errorf(op, hotline.CodeConflict, "there was no offer")
	}
	lines, err := read(op, answer)
	if err != nil {
		return rtp.Terms{}, err
	}
	if len(lines) != len(offer.lines) {
		return rtp.Terms{}, hotline.Errorf(op, hotline.CodeInvalid, "it has %d streams, the offer %d", len(lines), len(offer.lines))
	}
	t, err := n.answered(op, offer, lines[offer.ours])
	if err != nil {
		return rtp.Terms{}, err
	}
	if n.offered != nil {
		n.wanted = offer.direction
	}
	n.agree(offer, t)
	return t, nil
}

// Rollback forgets our Offer because it was refused. The session goes on as before.
func (n *Negotiator) Rollback() { n.offered = nil }

// Local returns our last description that was not refused, to be repeated in a refresh
// (RFC 4028 section 7.4); nil when there is none.
func (n *Negotiator) Local() []byte {
	switch {
	case n.offered != nil:
		return bytes.Clone(n.offered.body)
	case n.local != nil:
		return bytes.Clone(n.local.body)
	}
	return nil
}

// agree puts a description of ours and what came of it in force.
func (n *Negotiator) agree(d *description, t rtp.Terms) {
	if n.terms != nil && n.terms.SendKey != nil && n.terms.SendKey.Suite != t.SendKey.Suite {
		// Taken up again later, the key would meet packet numbers it has had before.
		delete(n.keys, n.terms.SendKey.Suite)
	}
	t.Encoder, t.Decoder = nil, nil
	n.local, n.offered, n.terms = d, nil, &t
}

// secured reports whether the session's sound is encrypted.
func (n *Negotiator) secured() bool { return n.terms != nil && n.terms.SendKey != nil }
