package digest

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/hotline-cc/hotline/internal/source"
)

// ServerConfig describes who may come in. Zero values mean the stated default.
type ServerConfig struct {
	Realm string
	Users []Account
	// Key signs nonces; at least 32 bytes, random if empty. Nodes that share it accept one another's
	// nonces, but not one another's nonce counts.
	Key       []byte
	NonceLife time.Duration // 1 s … 5 min, default 30 s; afterwards stale
	MaxNonces int           // nonces in use at a time, default 65536; about 100 bytes each
	// MaxFailures of a user, from all sources together, or of a source, within LockFor lock it for
	// as long. Defaults 10 and 10 min.
	MaxFailures int
	LockFor     time.Duration
	MaxSources  int              // sources, pairs of source and user, and unknown names remembered, default 16384 of each
	Now         func() time.Time // default time.Now
}

func (cfg *ServerConfig) fill() error {
	set := func(v *int, value int) {
		if *v == 0 {
			*v = value
		}
	}
	set(&cfg.MaxNonces, 65536)
	set(&cfg.MaxFailures, 10)
	set(&cfg.MaxSources, 16384)
	if cfg.NonceLife == 0 {
		cfg.NonceLife = 30 * time.Second
	}
	if cfg.LockFor == 0 {
		cfg.LockFor = 10 * time.Minute
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if len(cfg.Key) == 0 {
		cfg.Key = make([]byte, 32)
		_, _ = rand.Read(cfg.Key) // never fails (crypto/rand)
	}
	switch {
	case cfg.Realm == "" || !printable(cfg.Realm):
		return errors.New("digest realm must be printable text")
	case len(cfg.Key) < 32:
		return fmt.Errorf("digest key of %d bytes: needs 32 or more", len(cfg.Key))
	case cfg.NonceLife < time.Second || cfg.NonceLife > 5*time.Minute:
		return fmt.Errorf("nonce life %v: must be within 1 s … 5 min", cfg.NonceLife)
	case cfg.MaxNonces < 1 || cfg.MaxFailures < 1 || cfg.MaxSources < 1 || cfg.LockFor < 0:
		return errors.New("digest limits must be positive")
	}
	return nil
}

// Server challenges and verifies the requests of telephones. Safe for concurrent use.
type Server struct {
	mint       mint
	nonceLife  time.Duration
	now        func() time.Time
	algorithms []Algorithm                     // any user has, preferred first
	usual      Algorithm                       // of most users
	users      map[string]map[Algorithm]string // HA1
	dummy      map[Algorithm]string            // compared with when a user has none, for the same work

	mu     sync.Mutex // guards what follows
	counts counts
	guard  guard
}

// NewServer returns a server for one realm.
func NewServer(cfg ServerConfig) (*Server, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	s := &Server{
		mint:      mint{key: cfg.Key, realm: cfg.Realm},
		nonceLife: cfg.NonceLife,
		now:       cfg.Now,
		users:     make(map[string]map[Algorithm]string, len(cfg.Users)),
		dummy:     map[Algorithm]string{SHA256: SHA256.hash(rand.Text()), MD5: MD5.hash(rand.Text())},
		counts:    counts{life: cfg.NonceLife, max: cfg.MaxNonces},
		guard:     newGuard(cfg.MaxFailures, cfg.LockFor, cfg.MaxSources),
	}
	uses, weak := map[Algorithm]bool{SHA256: len(cfg.Users) == 0}, 0
	for _, account := range cfg.Users {
		secrets, err := account.secrets(cfg.Realm)
		if err != nil {
			return nil, err
		}
		if s.users[account.Name] != nil {
			return nil, fmt.Errorf("account %q is given twice", account.Name)
		}
		s.users[account.Name] = secrets
		s.guard.users[account.Name] = new(tally)
		for a := range secrets {
			uses[a] = true
		}
		if secrets[MD5] != "" {
			weak++
		}
	}
	for _, a := range []Algorithm{SHA256, MD5} {
		if uses[a] {
			s.algorithms = append(s.algorithms, a)
		}
	}
	s.usual = SHA256
	if 2*weak > len(cfg.Users) {
		s.usual = MD5
	}
	return s, nil
}

// Challenge returns the values of the WWW-Authenticate (or Proxy-Authenticate) headers for a 401 (or
// 407). Only the address they are sent to may answer them.
//
// A name that the request claims to come from gets one challenge: MD5 when the user allows it, else
// SHA-256. RFC 8760 §2.4 would have both there, but telephones of before give up when they meet an
// algorithm they do not know, SIPp 3.6 and baresip 1.0 among them. Names that nobody has get what
// most users get. Without a name there is a challenge for each algorithm any user has.
func (s *Server) Challenge(name string, from netip.Addr, stale bool) []string {
	algorithms := s.algorithms
	if name != "" {
		algorithms = []Algorithm{s.algorithmOf(name)}
	}
	values := make([]string, 0, len(algorithms))
	for _, a := range algorithms {
		value := "Digest realm=" + quote(s.mint.realm) +
			", nonce=" + quote(s.mint.issue(s.now(), a, source.Key(from))) +
			", algorithm=" + string(a) + `, qop="auth"`
		if stale {
			value += ", stale=true"
		}
		values = append(values, value)
	}
	return values
}

func (s *Server) algorithmOf(name string) Algorithm {
	secrets, known := s.users[name]
	switch {
	case !known:
		return s.usual
	case secrets[MD5] != "":
		return MD5
	}
	return SHA256
}

// Attempt is a request that wants to come in.
type Attempt struct {
	Method      string
	URI         string     // Request-URI
	Source      netip.Addr // address the request came from
	Credentials []string   // values of all its Authorization (or Proxy-Authorization) headers
}

// Outcome is what became of an attempt.
type Outcome int

// The outcomes. Everything but Accepted is answered with a new challenge, Locked perhaps with a 403:
// names that nobody has are locked like all others, and a right password is not told from a wrong one.
const (
	Absent   Outcome = iota // no credentials for our realm
	Accepted                // User is who he says
	Stale                   // nonce expired, used already or not ours: challenge with stale=true
	Refused                 // wrong name, password, URI or form
	Locked                  // user or source is locked after too many failures
)

func (o Outcome) String() string {
	return [...]string{"absent", "accepted", "stale", "refused", "locked"}[o]
}

// Result is the outcome of an attempt and whom it concerns.
type Result struct {
	Outcome Outcome
	User    string // the proven name when Accepted, else the claimed one, for the audit log only
}

// Verify judges an attempt. An Accepted nonce count is used up: the same credentials are Stale when
// they come again, so a request must be verified once.
func (s *Server) Verify(in Attempt) Result {
	c, found, err := s.ours(in.Credentials)
	if !found {
		return Result{Outcome: Absent}
	}
	algorithm, known := parseAlgorithm(c.algorithm)
	nc, counted := parseCount(c.nc)
	if err != nil || !known || !counted || !strings.EqualFold(c.qop, "auth") || c.cnonce == "" {
		return Result{Outcome: Refused, User: c.username}
	}
	now, from := s.now(), source.Key(in.Source)
	issued, ours := s.mint.check(c.nonce, algorithm, from)
	if age := now.Sub(issued); !ours || age > s.nonceLife || age < -s.nonceLife {
		return Result{Outcome: Stale, User: c.username} // before any secret is touched: tells nothing
	}

	secret, usable := s.users[c.username][algorithm]
	if !usable {
		secret = s.dummy[algorithm]
	}
	want := algorithm.response(secret, in.Method, c)
	matches := subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.response))) == 1
	good := matches && usable && sameURI(c.uri, in.URI)

	s.mu.Lock()
	defer s.mu.Unlock()
	switch pair := (pair{from, c.username}); {
	case s.guard.locked(now, pair):
		return Result{Outcome: Locked, User: c.username}
	case !good:
		s.guard.failed(now, pair)
		return Result{Outcome: Refused, User: c.username}
	case !s.counts.take(now, c.nonce, nc):
		return Result{Outcome: Stale, User: c.username}
	default:
		s.guard.succeeded(pair)
		return Result{Outcome: Accepted, User: c.username}
	}
}

// Unlock forgets the failures of a user, not those of sources.
func (s *Server) Unlock(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.guard.name(name) = tally{}
}

// ours finds the credentials for our realm; those for other realms are none of our business (RFC
// 3261 §22.3). Only the first are judged, so that a request costs one computation.
func (s *Server) ours(headers []string) (c credentials, found bool, err error) {
	for _, header := range headers {
		c, err = parseCredentials(header)
		switch {
		case errors.Is(err, errNotDigest):
		case err != nil:
			return c, true, err
		case c.realm == s.mint.realm:
			return c, true, nil
		}
	}
	return credentials{}, false, nil
}
