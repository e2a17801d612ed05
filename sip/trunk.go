package sip

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/sip/digest"
)

// State is whether a server of a trunk works.
type State string

// The states of a server.
const (
	Unknown State = "unknown" // not heard yet
	Up      State = "up"
	Down    State = "down"
)

// TrunkState is what is known of one server of a trunk.
type TrunkState struct {
	Trunk      string
	Server     string
	State      State
	Since      time.Time
	Registered bool      // with this server
	Until      time.Time // the registration lasts
	Problem    string    // why it is down or not registered
}

// trunk is a Trunk at work.
type trunk struct {
	Trunk
	client  *digest.Client // nil without credentials
	servers []*server
	nets    []netip.Prefix // its addresses, as far as they are written as numbers
}

// server is one of a trunk's servers.
type server struct {
	uri  gosip.Uri
	text string

	mu    sync.Mutex
	state TrunkState
	addr  netip.Addr // its name led to last
}

// owns reports whether an address is one of the trunk's. Only there our credentials may go.
func (t *trunk) owns(a netip.Addr) bool {
	if slices.ContainsFunc(t.nets, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return true
	}
	return slices.ContainsFunc(t.servers, func(s *server) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.addr == a
	})
}

// found notes where the server's name led to.
func (s *server) found(a netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addr = a
}

func (t *Trunk) setDefaults() error {
	if t.Expires == 0 {
		t.Expires = 10 * time.Minute
	}
	if t.KeepAlive == 0 {
		t.KeepAlive = 30 * time.Second
	}
	switch {
	case t.Name == "" || len(t.Servers) == 0:
		return fmt.Errorf("sip config: trunk %q needs a Name and Servers", t.Name)
	case t.Register && t.Username == "":
		return fmt.Errorf("sip config: trunk %q registers and needs a Username", t.Name)
	case t.Expires < time.Second || t.Expires > 24*time.Hour:
		return fmt.Errorf("sip config: trunk %q: Expires %v is not within 1 s…24 h", t.Name, t.Expires)
	case t.Strip < 0 || t.Strip > 20 || !isNumber(t.Prefix) || !IsUser(t.CallerID):
		return fmt.Errorf("sip config: trunk %q: Strip must be within 0…20, Prefix a number and CallerID a number or name", t.Name)
	case !plainHost(t.Domain) || !plainHost(t.Advertise):
		return fmt.Errorf("sip config: trunk %q: Domain and Advertise must be hosts", t.Name)
	}
	return nil
}

func (e *Endpoint) newTrunks() error {
	names := make(map[string]bool)
	for _, cfg := range e.cfg.Trunks {
		if names[cfg.Name] {
			return fmt.Errorf("sip config: two trunks are called %q", cfg.Name)
		}
		names[cfg.Name] = true
		t := &trunk{Trunk: cfg}
		if login := cmp.Or(cfg.AuthUser, cfg.Username); login != "" {
			client, err := digest.NewClient(cfg.Realm, digest.Account{Name: login, Password: cfg.Password, AllowMD5: cfg.AllowMD5})
			if err != nil {
				return fmt.Errorf("sip config: trunk %q: %w", cfg.Name, err)
			}
			t.client = client
		}
		for _, text := range cfg.Servers {
			s := &server{text: text, state: TrunkState{Trunk: cfg.Name, Server: text, State: Unknown}}
			if err := gosip.ParseUri(text, &s.uri); err != nil || s.uri.Host == "" {
				return fmt.Errorf("sip config: trunk %q: server %q is not a SIP address such as sip:10.0.0.1:5060;transport=tcp", cfg.Name, text)
			}
			if _, err := networkOf(&s.uri, UDP); err != nil {
				return fmt.Errorf("sip config: trunk %q: server %q: %w", cfg.Name, text, err)
			}
			t.servers = append(t.servers, s)
			if a, err := netip.ParseAddr(bare(s.uri.Host)); err == nil {
				a = a.Unmap()
				t.nets = append(t.nets, netip.PrefixFrom(a, a.BitLen()))
			}
		}
		t.nets = append(t.nets, cfg.Sources...)
		e.trunks = append(e.trunks, t)
	}
	return nil
}

// TrunkStates tells how the servers of the trunks do.
func (e *Endpoint) TrunkStates() []TrunkState {
	var out []TrunkState
	for _, t := range e.trunks {
		for _, s := range t.servers {
			out = append(out, s.snapshot())
		}
	}
	return out
}

func (s *server) snapshot() TrunkState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// mark notes a state and reports whether it is another than before.
func (s *server) mark(state State, now time.Time, problem error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Problem = ""
	if problem != nil {
		s.state.Problem = printable(problem.Error(), 200)
	}
	if s.state.State == state {
		return false
	}
	s.state.State, s.state.Since = state, now
	return true
}

// viaTrunk lists the servers of a trunk that a call can go through, those that work first.
func (e *Endpoint) viaTrunk(to Dial) ([]destination, error) {
	const op = "dial"
	i := slices.IndexFunc(e.trunks, func(t *trunk) bool { return t.Name == to.Trunk })
	if i < 0 {
		return nil, hotline.Errorf(op, hotline.CodeNotFound, "no trunk %q", printable(to.Trunk, 60))
	}
	t := e.trunks[i]
	if to.Number == "" || !isNumber(to.Number) && !IsUser(to.Number) {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "Number %q is neither a number nor a name", printable(to.Number, 60))
	}
	number := t.Prefix + to.Number[min(t.Strip, len(to.Number)):]
	caller := cmp.Or(to.From, t.CallerID, t.Username)
	var out []destination
	for _, s := range t.healthiest() {
		uri := *s.uri.Clone()
		uri.User = escaped(number)
		domain := t.Domain
		if domain == "" {
			domain = s.uri.Host
		}
		out = append(out, destination{
			uri: uri, trunk: t, server: s,
			from: party{name: to.FromName, uri: gosip.Uri{Scheme: "sip", User: escaped(caller), Host: domain}},
		})
	}
	return out, nil
}

// healthiest returns the servers that work before those not known and those that do not.
func (t *trunk) healthiest() []*server {
	rank := func(s *server) int {
		state := s.snapshot()
		switch {
		case state.State == Up && (state.Registered || !t.Register):
			return 0
		case state.State == Down:
			return 2
		}
		return 1
	}
	servers := slices.Clone(t.servers)
	slices.SortStableFunc(servers, func(a, b *server) int { return rank(a) - rank(b) })
	return servers
}

// isNumber reports whether s is made of what can be dialled, "" included.
func isNumber(s string) bool {
	return len(s) <= 64 && strings.Trim(s, "0123456789+*#ABCDabcd-._") == ""
}

// escaped makes a number fit for the user part of a SIP URI (RFC 3261 section 25.1).
func escaped(number string) string { return strings.ReplaceAll(number, "#", "%23") }
