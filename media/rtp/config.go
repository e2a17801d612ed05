package rtp

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/pion/rtp"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/pace"
)

// Conn is a UDP socket as *net.UDPConn has it.
type Conn interface {
	ReadFromUDPAddrPort(b []byte) (n int, from netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (n int, err error)
	SetReadDeadline(t time.Time) error
}

// Learning is how far a peer's packets may come from elsewhere than its SDP says.
type Learning int

const (
	// LearnNear takes another source when its address or its port is the SDP's.
	LearnNear Learning = iota
	// LearnNever takes exactly the SDP's address and port.
	LearnNever
	// LearnAny takes any source. Peers behind NAT that tell a private address need it; without
	// SRTP whoever sends first is believed.
	LearnAny
)

// Config is what a Session needs to begin.
type Config struct {
	Terms Terms
	// RTP carries the media. RTCP carries the reports unless they are multiplexed; nil goes
	// without reports then. Their owner closes them after Run has returned.
	RTP, RTCP Conn
	// Pacer ticks the session while it runs. Without one the owner calls Tick every media.Tick.
	Pacer *pace.Pacer
	// Learning says where packets may come from. A source is learnt within LearnWindow of the first
	// packet that could teach one, and then kept until Update. Default 2 s.
	Learning    Learning
	LearnWindow time.Duration
	// Jitter bounds the jitter buffer.
	Jitter JitterConfig
	// CNAME names us in RTCP (RFC 3550 section 6.5.1), at most 255 bytes. It must not tell more than
	// we want to be known; a random text is best (RFC 7022).
	CNAME string
	// SSRC is the number of our stream when SDP has told it; 0 chooses one. Another is chosen when it turns out to be the
	// peer's as well.
	SSRC uint32
	// ListenForTones looks for telephone keys in the sound, for peers without telephone-event.
	ListenForTones bool
	// OnKey is told every key. It is called from the session's goroutines and must not block.
	OnKey func(dtmf.Event)
	// OnPacket sees every packet sent, and every one received that was accepted, in the clear. The
	// header and payload are valid until it returns. It must not block.
	OnPacket func(sent bool, at time.Time, h *rtp.Header, payload []byte)
	// Clock is the machine's when nil; only its Now is used.
	Clock media.Clock
	Log   *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.LearnWindow == 0 {
		c.LearnWindow = 2 * time.Second
	}
	if c.Clock == nil {
		c.Clock = media.SystemClock{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	var errTerms, errJitter error
	c.Terms, errTerms = c.Terms.withDefaults()
	c.Jitter, errJitter = c.Jitter.withDefaults()
	return c, errors.Join(errTerms, errJitter, c.validate())
}

func (c Config) validate() error {
	switch {
	case c.RTP == nil:
		return errors.New("rtp config: RTP is missing")
	case c.Learning < LearnNear || c.Learning > LearnAny:
		return fmt.Errorf("rtp config: Learning %d is unknown", int(c.Learning))
	case c.LearnWindow < 0 || c.LearnWindow > time.Minute:
		return fmt.Errorf("rtp config: LearnWindow %v is not within 0…1 min", c.LearnWindow)
	case c.CNAME == "" || len(c.CNAME) > 255 || strings.ContainsAny(c.CNAME, "\r\n\x00"):
		return fmt.Errorf("rtp config: CNAME %q is not a text of 1…255 bytes", c.CNAME)
	}
	return nil
}
