package digest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hotline-cc/hotline/internal/source"
)

// Reasons why a challenge is not answered.
var (
	ErrNoChallenge = errors.New("no challenge we may answer")
	ErrRejected    = errors.New("credentials were refused")
)

// Client answers challenges for one account, as of a trunk. Safe for concurrent use.
//
// It must be asked about challenges of the peer it belongs to only, and only for requests we sent to
// that peer: whoever makes us answer a challenge of his choice gets a digest to guess the password from.
type Client struct {
	name, realm string
	account     Account
	cnonce      func() string

	mu     sync.Mutex
	nonces *source.Table[string, uint32] // last nonce count of each nonce seen
}

// NewClient returns a client that answers in one realm only, or in any if realm is empty. An account
// with HA1 instead of a password needs its realm.
func NewClient(realm string, account Account) (*Client, error) {
	if realm == "" && len(account.HA1) > 0 {
		return nil, fmt.Errorf("account %q: an HA1 needs its realm", account.Name)
	}
	if _, err := account.secrets(realm); err != nil {
		return nil, err
	}
	return &Client{
		name: account.Name, realm: realm, account: account, cnonce: rand.Text,
		nonces: source.NewTable[string, uint32](64),
	}, nil
}

// Exchange is the answering of the challenges to one request. Not safe for concurrent use.
type Exchange struct {
	client *Client
	method string
	uri    string
	nonces []string // answered so far, two at most
}

// Begin starts the exchange for a request, whose Request-URI stays the same throughout.
func (c *Client) Begin(method, uri string) *Exchange {
	return &Exchange{client: c, method: method, uri: uri}
}

// Answer returns the value of the Authorization (401) or Proxy-Authorization (407) header for the
// challenges of a response, given as the values of its WWW-Authenticate or Proxy-Authenticate
// headers. A second challenge is answered only if it says that the nonce was stale and brings a
// new one; then the error is ErrRejected, otherwise, when none can be answered, ErrNoChallenge.
func (x *Exchange) Answer(challenges []string) (string, error) {
	c := x.client
	why := ErrNoChallenge
	for _, want := range []Algorithm{SHA256, MD5} {
		for _, header := range challenges {
			ch, err := parseChallenge(header)
			if err != nil || ch.algorithm != want || c.realm != "" && ch.realm != c.realm {
				continue
			}
			secrets, err := c.account.secrets(ch.realm)
			if err != nil {
				return "", err
			}
			ha1, usable := secrets[ch.algorithm]
			switch {
			case !usable:
				continue
			case len(x.nonces) > 0 && (!ch.stale || len(x.nonces) > 1 || slices.Contains(x.nonces, ch.nonce)):
				why = ErrRejected
				continue
			}
			x.nonces = append(x.nonces, ch.nonce)
			return c.sign(ch, ha1, x.method, x.uri), nil
		}
	}
	return "", why
}

func (c *Client) sign(ch challenge, ha1, method, uri string) string {
	p := credentials{
		username: c.name, realm: ch.realm, nonce: ch.nonce, uri: uri,
		algorithm: ch.written, opaque: ch.opaque,
	}
	if ch.auth {
		c.mu.Lock()
		nc := c.nonces.Obtain(ch.nonce)
		*nc++
		p.nc = fmt.Sprintf("%08x", *nc)
		c.mu.Unlock()
		p.qop, p.cnonce = "auth", c.cnonce()
	}
	p.response = ch.algorithm.response(ha1, method, p)
	return p.String()
}

type challenge struct {
	realm, nonce, opaque string
	algorithm            Algorithm
	written              string // algorithm as it was written, empty if left out
	auth                 bool   // qop=auth is offered; without, RFC 2069
	stale                bool
}

// parseChallenge reads a challenge and refuses those we do not answer: unknown algorithms, auth-int
// alone, and SHA-256 without qop, which RFC 8760 §2.6 does not allow.
func parseChallenge(header string) (challenge, error) {
	p, err := parseParams(header)
	if err != nil {
		return challenge{}, err
	}
	ch := challenge{
		realm: p["realm"], nonce: p["nonce"], opaque: p["opaque"], written: p["algorithm"],
		stale: strings.EqualFold(p["stale"], "true"),
	}
	algorithm, known := parseAlgorithm(ch.written)
	ch.algorithm = algorithm
	qop, offered := p["qop"]
	for _, q := range strings.Split(qop, ",") {
		ch.auth = ch.auth || strings.EqualFold(strings.TrimSpace(q), "auth")
	}
	switch {
	case !known:
		return ch, fmt.Errorf("algorithm %q is not spoken", ch.written)
	case ch.nonce == "":
		return ch, errors.New("challenge without nonce")
	case offered && !ch.auth:
		return ch, fmt.Errorf("qop %q is not spoken", qop)
	case !offered && algorithm != MD5:
		return ch, fmt.Errorf("%s without qop", algorithm)
	}
	return ch, nil
}
