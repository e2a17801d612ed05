package webrtc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/webrtc/join"
)

// Admission says whom a leg belongs to.
type Admission = join.Claims

// Bind is one address that browsers reach us at. All browsers share its port.
type Bind struct {
	Address netip.AddrPort // port 0 lets the system choose
	// Advertise are the addresses that browsers are told instead of Address, when a 1:1 NAT stands before us; it must be
	// given when Address is unspecified. AdvertisePort is their port, 0 the bound one.
	Advertise     []netip.Addr
	AdvertisePort uint16
}

// Config is what an Endpoint is made of.
type Config struct {
	// Path is where the Endpoint is mounted; default "/webrtc". Offers are posted there, and legs are below it.
	Path string
	// UDP are the addresses for sound, at least one. TCP is one more for browsers whose network lets no UDP out
	// (RFC 6544); the zero value does without.
	UDP []Bind
	TCP Bind
	// Codecs are those we take, most preferred first; default Opus and G.711.
	Codecs codecs.Set
	// Relay is told to browsers that cannot reach us directly.
	Relay  Relay
	Limits Limits
	// Setup is how long a leg may take from its offer to its first sound; default 15 s.
	Setup time.Duration
	// Linger is how long a leg whose network is lost waits to be restarted; default 20 s, at most 5 min. Sound stops 30 s after
	// the browser's last sign of consent whatever Linger is.
	Linger time.Duration
	// Pacer ticks the media.
	Pacer *pace.Pacer
	// Jitter bounds the delay that evens out the network; the zero value has its defaults.
	Jitter rtp.JitterConfig
	// Peek tells whom a token is for and leaves it good. What there is room for depends on the role.
	Peek func(token string) (Admission, error)
	// Admit decides on a token from where it came. The code of its error becomes the answer's status. It is called once for
	// each offer that could be taken, and a token good for one leg is used up by it.
	Admit func(ctx context.Context, token string, remote netip.Addr) (Admission, error)
	// Answer is told every leg whose sound has begun, in a goroutine of its own. ctx ends with the leg. When Answer
	// returns, a leg that still stands is hung up.
	Answer func(ctx context.Context, l *Leg)
	Clock  media.Clock
	Logger *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.Path == "" {
		c.Path = "/webrtc"
	}
	if c.Codecs == nil {
		c.Codecs, _ = codecs.Default().Only(codecs.NameOpus, codecs.NamePCMA, codecs.NamePCMU)
	}
	if c.Setup == 0 {
		c.Setup = 15 * time.Second
	}
	if c.Linger == 0 {
		c.Linger = 20 * time.Second
	}
	if c.Clock == nil {
		c.Clock = media.SystemClock{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	limits, errLimits := c.Limits.withDefaults()
	relay, errRelay := c.Relay.withDefaults()
	c.Limits, c.Relay = limits, relay
	return c, errors.Join(errLimits, errRelay, c.validate())
}

func (c Config) validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("webrtc config: "+format, args...)) }
	if !strings.HasPrefix(c.Path, "/") || strings.HasSuffix(c.Path, "/") || strings.ContainsAny(c.Path, "?#%\\ ") {
		fail("Path %q is not an absolute path without a slash at its end", c.Path)
	}
	if len(c.UDP) == 0 {
		fail("UDP is empty")
	}
	for i, b := range c.UDP {
		if err := b.validate(); err != nil {
			fail("UDP[%d].%w", i, err)
		}
	}
	if c.TCP.Address.IsValid() {
		if err := c.TCP.validate(); err != nil {
			fail("TCP.%w", err)
		}
	}
	if c.Setup < time.Second || c.Setup > time.Minute {
		fail("Setup %v is not within 1 s…1 min", c.Setup)
	}
	if c.Linger < time.Second || c.Linger > 5*time.Minute {
		fail("Linger %v is not within 1 s…5 min", c.Linger)
	}
	if c.Pacer == nil || c.Peek == nil || c.Admit == nil || c.Answer == nil {
		fail("Pacer, Peek, Admit or Answer is missing")
	}
	for _, codec := range c.Codecs {
		if _, _, err := codecs.New(codec); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (b Bind) validate() error {
	if !b.Address.IsValid() {
		return errors.New("address is missing")
	}
	if b.Address.Addr().IsUnspecified() && len(b.Advertise) == 0 {
		return fmt.Errorf("address to advertise is missing: browsers cannot reach %v", b.Address.Addr())
	}
	for _, a := range b.Advertise {
		if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.Is4() != b.Address.Addr().Is4() {
			return fmt.Errorf("advertised %v is not an address of the family of %v", a, b.Address.Addr())
		}
	}
	return nil
}
