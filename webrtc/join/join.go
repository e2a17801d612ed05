// Package join makes and checks the tokens that let a browser into one call: signed, short-lived, good for one use and bound
// to a conversation, a role and a person. They hold no secret and may pass through a browser.
package join

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
)

// Role is what the holder of a token is in the conversation.
type Role string

// The roles.
const (
	Caller     Role = "caller"
	Agent      Role = "agent"
	Supervisor Role = "supervisor"
)

// Claims is what a token is bound to.
type Claims struct {
	Conversation hotline.ConversationID
	Role         Role
	Subject      string // who it is: an agent's ID, or whatever tells one visitor from another; 1…128 bytes
}

const (
	// Longest is how long a token may live.
	Longest = 5 * time.Minute

	prefix     = "hlj1."
	minKey     = 32
	maxText    = 128
	maxToken   = 4096
	maxSpent   = 100_000
	purpose    = "hotline join token\x00"
	serialSize = 16
)

var (
	errForged  = errors.New("the token is not one of ours")
	errExpired = errors.New("the token has expired")
	errSpent   = errors.New("the token has been used")
)

// Config is what a Desk is made of.
type Config struct {
	Key   []byte        // at least 32 random bytes, known to every process that makes or checks tokens
	Life  time.Duration // of a token, 1 s…Longest; default 1 min
	Clock media.Clock   // default the machine's
}

// Desk makes tokens and takes each of them once. What has been used is known to this process only, so a token must be
// checked where the call it is for is taken. A Desk is safe for concurrent use.
type Desk struct {
	key   []byte
	life  time.Duration
	clock media.Clock

	mu    sync.Mutex
	spent map[string]int64 // serial → Unix second it expires at
	swept int64
}

// New returns a Desk.
func New(cfg Config) (*Desk, error) {
	if cfg.Life == 0 {
		cfg.Life = time.Minute
	}
	if cfg.Clock == nil {
		cfg.Clock = media.SystemClock{}
	}
	switch {
	case len(cfg.Key) < minKey:
		return nil, fmt.Errorf("join config: Key has %d bytes, want at least %d", len(cfg.Key), minKey)
	case cfg.Life < time.Second || cfg.Life > Longest:
		return nil, fmt.Errorf("join config: Life %v is not within 1 s…%v", cfg.Life, Longest)
	}
	return &Desk{key: append([]byte(nil), cfg.Key...), life: cfg.Life, clock: cfg.Clock, spent: make(map[string]int64)}, nil
}

// body is what is signed. The names are short because browsers carry it in a header.
type body struct {
	Conversation hotline.ConversationID `json:"c"`
	Role         Role                   `json:"r"`
	Subject      string                 `json:"s"`
	Expires      int64                  `json:"e"` // Unix seconds
	Serial       string                 `json:"n"`
}

// Issue makes a token.
func (d *Desk) Issue(c Claims) (string, error) {
	if err := c.validate(); err != nil {
		return "", hotline.Errorf("issue join token", hotline.CodeInvalid, "%w", err)
	}
	serial := make([]byte, serialSize)
	_, _ = rand.Read(serial) // never fails since Go 1.24
	b, err := json.Marshal(body{c.Conversation, c.Role, c.Subject, d.clock.Now().Add(d.life).Unix(), encode(serial)})
	if err != nil {
		return "", fmt.Errorf("issue join token: %w", err)
	}
	return prefix + encode(b) + "." + encode(d.sign(b)), nil
}

func (c Claims) validate() error {
	switch {
	case c.Conversation == "" || len(c.Conversation) > maxText:
		return fmt.Errorf("conversation %q is not 1…%d bytes long", c.Conversation, maxText)
	case c.Subject == "" || len(c.Subject) > maxText:
		return fmt.Errorf("subject %q is not 1…%d bytes long", c.Subject, maxText)
	case c.Role != Caller && c.Role != Agent && c.Role != Supervisor:
		return fmt.Errorf("role %q is unknown", c.Role)
	}
	return nil
}

// Peek tells what a token is bound to and leaves it good. The code of its error is unauthorized.
func (d *Desk) Peek(token string) (Claims, error) {
	c, b, err := d.read(token)
	if err != nil {
		return Claims{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.unused(b); err != nil {
		return Claims{}, err
	}
	return c, nil
}

// Redeem takes a token and tells what it is bound to. Of several calls with one token a single one succeeds. The codes of its
// errors are unauthorized and, when more tokens were used than can be remembered, overload.
func (d *Desk) Redeem(token string) (Claims, error) {
	c, b, err := d.read(token)
	if err != nil {
		return Claims{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.unused(b); err != nil {
		return Claims{}, err
	}
	d.sweep(d.clock.Now().Unix())
	if len(d.spent) >= maxSpent {
		return Claims{}, hotline.Errorf("redeem join token", hotline.CodeOverload, "too many tokens in use")
	}
	d.spent[b.Serial] = b.Expires
	return c, nil
}

func refuse(err error) error {
	return &hotline.Error{Op: "read join token", Code: hotline.CodeUnauthorized, Err: err}
}

// read checks everything about a token but whether it was used.
func (d *Desk) read(token string) (Claims, body, error) {
	b, err := d.open(token)
	if err != nil {
		return Claims{}, b, refuse(err)
	}
	now := d.clock.Now()
	if now.Unix() >= b.Expires || time.Unix(b.Expires, 0).Sub(now) > Longest+time.Minute {
		return Claims{}, b, refuse(errExpired)
	}
	c := Claims{b.Conversation, b.Role, b.Subject}
	if err := c.validate(); err != nil || b.Serial == "" {
		return Claims{}, b, refuse(errForged)
	}
	return c, b, nil
}

// unused is called with the lock held.
func (d *Desk) unused(b body) error {
	if _, used := d.spent[b.Serial]; used {
		return refuse(errSpent)
	}
	return nil
}

// open checks the signature. Every other form of a token than the one we write is refused, so a token has one text only.
func (d *Desk) open(token string) (body, error) {
	text, ok := strings.CutPrefix(token, prefix)
	if !ok || len(token) > maxToken {
		return body{}, errForged
	}
	content, signature, ok := strings.Cut(text, ".")
	if !ok {
		return body{}, errForged
	}
	b, err := decode(content)
	if err != nil {
		return body{}, errForged
	}
	s, err := decode(signature)
	if err != nil || !hmac.Equal(s, d.sign(b)) {
		return body{}, errForged
	}
	var out body
	if json.Unmarshal(b, &out) != nil {
		return body{}, errForged
	}
	return out, nil
}

func (d *Desk) sign(b []byte) []byte {
	mac := hmac.New(sha256.New, d.key)
	mac.Write([]byte(purpose))
	mac.Write(b)
	return mac.Sum(nil)
}

// sweep forgets serials that have expired, once a second at most.
func (d *Desk) sweep(now int64) {
	if now == d.swept {
		return
	}
	d.swept = now
	for serial, expires := range d.spent {
		if now >= expires {
			delete(d.spent, serial)
		}
	}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// decode takes one writing only: the decoder itself would pass over line breaks.
func decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errForged
	}
	return base64.RawURLEncoding.Strict().DecodeString(s)
}
