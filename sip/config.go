package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	pionrtp "github.com/pion/rtp"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/sip/digest"
	"github.com/hotline-cc/hotline/sip/sdp"
)

// Networks a Listen may name.
const (
	UDP = "udp"
	TCP = "tcp"
	TLS = "tls"
)

// Listen is one address that requests are taken at.
type Listen struct {
	Network string         // UDP, TCP or TLS
	Address netip.AddrPort // port 0 lets the system choose
	// Advertise is the host that Via and Contact tell; "" is the bound address, or the one of the
	// interface towards the peer when that is unspecified. AdvertisePort is its port, 0 the bound one.
	Advertise     string
	AdvertisePort int
	TLS           *tls.Config // for TLS
}

// User is a phone that may register, be called and call.
type User struct {
	Name     string                      // user part of its address and of its credentials
	AllowMD5 bool                        // for phones that know nothing better
	Password string                      // or else
	HA1      map[digest.Algorithm]string // H(name:realm:password) in hexadecimal
}

// Config is what an Endpoint is made of.
type Config struct {
	Listen []Listen
	// Media says which UDP ports sound may use. A zero Media.Address takes every address of the
	// family the peer's signalling uses.
	Media rtp.PortsConfig
	// MediaAdvertise is the address SDP tells; the zero value is the bound one, or the one of the
	// interface towards the peer.
	MediaAdvertise netip.Addr
	Codecs         codecs.Set // most preferred first; default codecs.Default
	SRTP           sdp.SRTP
	Users          []User
	Realm          string // of our challenges; default "hotline"
	// RequireAuth challenges calls that come from no trunk: only users may call then.
	RequireAuth bool
	Trunks      []Trunk
	Limits      Limits
	// SessionExpires is the session interval we ask for (RFC 4028), 90 s…24 h; default 30 min.
	// MinSessionExpires is the shortest we accept; default 90 s.
	SessionExpires, MinSessionExpires time.Duration
	// Silence is after how long a peer that sends nothing is asked whether it is still there; one that does not answer
	// is hung up. 0 never asks.
	Silence time.Duration
	// Pacer ticks the media. Without one nothing is sent.
	Pacer *pace.Pacer
	// Jitter bounds the delay that evens out the network; the zero value has its defaults.
	Jitter rtp.JitterConfig
	// Learning is how far the sound of those who are no trunk may come from elsewhere than they say.
	Learning rtp.Learning
	// ListenForTones looks for keys in the sound of peers that have no telephone-event.
	ListenForTones bool
	// TLS is used for connections that we open.
	TLS *tls.Config
	// OnPacket is told every RTP packet of every call by its Call-ID; see rtp.Config.OnPacket. It is
	// for measurements.
	OnPacket func(callID string, sent bool, at time.Time, h *pionrtp.Header, payload []byte)
	// OnAnswered is told the method and the final status, 200…699, of every request that is answered
	// in its transaction.
	OnAnswered func(method string, status int)
	Clock      media.Clock
	Logger     *slog.Logger
	// Answer is told every call that has passed the checks, in a goroutine of its own. ctx ends with
	// the call. When Answer returns, a call that still stands is hung up.
	Answer func(ctx context.Context, in *Invitation)
}

// Trunk is a provider or a PBX.
type Trunk struct {
	Name string
	// Servers are SIP URIs, the most preferred first: "sip:10.0.0.1:5060;transport=tcp".
	Servers []string
	// Sources are the addresses its calls come from, besides those of Servers that are written as
	// numbers. Over UDP that is all that tells them from others.
	Sources []netip.Prefix
	// Username is our name there. With Password it answers challenges, of this trunk only; AuthUser is
	// the name to log in with when it differs. An empty Realm fits any.
	Username, AuthUser, Password, Realm string
	AllowMD5                            bool // digest with MD5; SHA-256 is always spoken
	// Register keeps us registered, each time for Expires; default 10 min.
	Register bool
	Expires  time.Duration
	// KeepAlive is the time between OPTIONS that find out whether a server works; default 30 s,
	// negative sends none.
	KeepAlive time.Duration
	// Domain is the host of addresses we make; default that of the server.
	Domain string
	// CallerID is the number or name calls come from unless Dial tells another; default Username.
	CallerID string
	// AssertIdentity tells the caller in P-Asserted-Identity as well (RFC 3325).
	AssertIdentity bool
	// Strip takes so many digits off the front of a dialled number, and Prefix is put there then.
	Strip  int
	Prefix string
	// Advertise, AdvertisePort and MediaAdvertise take the place of those of Listen and Config.
	Advertise      string
	AdvertisePort  int
	MediaAdvertise netip.Addr
	// Learning is how far its sound may come from elsewhere than it says.
	Learning rtp.Learning
	SRTP     *sdp.SRTP // instead of that of Config
	MaxCalls int       // in both directions together; 0 leaves it to Limits
}

func (c Config) withDefaults() (Config, error) {
	if c.Codecs == nil {
		c.Codecs = codecs.Default()
	}
	if c.Realm == "" {
		c.Realm = "hotline"
	}
	if c.SessionExpires == 0 {
		c.SessionExpires = 30 * time.Minute
	}
	if c.MinSessionExpires == 0 {
		c.MinSessionExpires = 90 * time.Second
	}
	if c.Clock == nil {
		c.Clock = media.SystemClock{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	limits, err := c.Limits.withDefaults()
	c.Limits = limits
	c.Trunks = slices.Clone(c.Trunks)
	for i := range c.Trunks {
		err = errors.Join(err, c.Trunks[i].setDefaults())
	}
	return c, errors.Join(err, c.validate())
}

func (c Config) validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("sip config: "+format, args...)) }
	if len(c.Listen) == 0 {
		fail("Listen is empty")
	}
	for i, l := range c.Listen {
		switch {
		case l.Network != UDP && l.Network != TCP && l.Network != TLS:
			fail("Listen[%d].Network %q is not udp, tcp or tls", i, l.Network)
		case !l.Address.IsValid():
			fail("Listen[%d].Address is missing", i)
		case l.Network == TLS && l.TLS == nil:
			fail("Listen[%d].TLS is missing", i)
		}
		if !plainHost(l.Advertise) {
			fail("Listen[%d].Advertise %q is not a host", i, l.Advertise)
		}
	}
	names := make(map[string]bool)
	for i, u := range c.Users {
		if u.Name == "" || u.Password == "" && len(u.HA1) == 0 || names[u.Name] || strings.ContainsAny(u.Name, " @:;<>\"\r\n\x00") {
			fail("Users[%d]: Name %q and Password or HA1 must be set, the name once and without marks", i, u.Name)
		}
		names[u.Name] = true
	}
	if c.SessionExpires < c.MinSessionExpires || c.SessionExpires > 24*time.Hour {
		fail("SessionExpires %v is not within %v…24 h", c.SessionExpires, c.MinSessionExpires)
	}
	if c.Silence < 0 || c.Silence > 0 && c.Silence < time.Second {
		fail("Silence %v is below 1 s", c.Silence)
	}
	if c.MinSessionExpires < time.Second {
		fail("MinSessionExpires %v is below 1 s", c.MinSessionExpires)
	}
	if strings.ContainsAny(c.Realm, "\"\\\r\n\x00") {
		fail("Realm %q holds a mark that needs quoting", c.Realm)
	}
	return errors.Join(errs...)
}

// plainHost reports whether s can stand as a host in a header.
func plainHost(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>;,@/?()", r)
	})
}
