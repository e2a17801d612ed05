package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/hotline-cc/hotline"
)

// Cost is what one hash of a password takes.
type Cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// DefaultCost is the one that the OWASP Password Storage Cheat Sheet names first for machines of few
// cores: some 40 ms of one core, which calls need as well.
func DefaultCost() Cost { return Cost{Memory: 19 << 10, Passes: 2, Threads: 1} }

const (
	saltBytes = 16 // RFC 9106, section 3.1
	hashBytes = 32
)

// hash returns a password in PHC form: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func (c Cost) hash(password string) string {
	salt := random(saltBytes)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Passes, c.Threads, encode(salt), encode(c.key(password, salt)))
}

func (c Cost) key(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.Passes, c.Memory, c.Threads, hashBytes)
}

// verify tells whether a password is the one of a hash, which has the cost that is returned.
func verify(encoded, password string) (right bool, cost Cost, err error) {
	cost, salt, want, err := parseHash(encoded)
	if err != nil {
		return false, cost, err
	}
	return subtle.ConstantTimeCompare(cost.key(password, salt), want) == 1, cost, nil
}

func parseHash(encoded string) (c Cost, salt, hash []byte, err error) {
	bad := func() (Cost, []byte, []byte, error) {
		return Cost{}, nil, nil, hotline.Errorf("read password hash", hotline.CodeInternal, "it is no argon2id in PHC form")
	}
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return bad()
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Passes, &c.Threads); err != nil {
		return bad()
	}
	// argon2 panics at 0; more than a GiB is no cost that was ever set.
	if c.Passes < 1 || c.Passes > 64 || c.Threads < 1 || c.Memory > 1<<20 {
		return bad()
	}
	salt, errSalt := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	hash, errHash := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if errSalt != nil || errHash != nil || len(salt) < 8 || len(hash) != hashBytes {
		return bad()
	}
	return c, salt, hash, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return b
}
