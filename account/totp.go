package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 and every authenticator mean SHA-1
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
)

// Codes by time as every authenticator has them: RFC 6238 with SHA-1, six digits, 30 s.
const (
	codePeriod  = 30 // s
	codeDigits  = 6
	codeDrift   = 1  // steps before and after
	secretBytes = 20 // RFC 4226, section 4
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// codeAt returns the code of a step (RFC 4226, section 5.3).
func codeAt(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash takes all
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", codeDigits, (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// stepOf returns the step that a code is of, at about a time.
func stepOf(secret []byte, code string, now time.Time) (step int64, found bool) {
	for s := now.Unix()/codePeriod - codeDrift; s <= now.Unix()/codePeriod+codeDrift; s++ {
		if subtle.ConstantTimeCompare([]byte(codeAt(secret, s)), []byte(code)) == 1 {
			step, found = s, true
		}
	}
	return step, found
}

// otpauth is what an authenticator reads from a picture (Key URI format).
func otpauth(issuer, login string, secret []byte) string {
	query := url.Values{"secret": {base32Text.EncodeToString(secret)}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + login, RawQuery: strings.ReplaceAll(query.Encode(), "+", "%20")}
	return u.String()
}

// sealer keeps secrets from whoever gets hold of the database alone.
type sealer struct {
	aead cipher.AEAD
	key  []byte
}

func newSealer(key []byte) (*sealer, error) {
	sum := sha256.Sum256(append([]byte("hotline totp\n"), key...))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead, key}, err
}

func (s *sealer) seal(user string, secret []byte) string {
	return base64.RawStdEncoding.EncodeToString(s.aead.Seal(nil, nil, secret, []byte(user)))
}

func (s *sealer) open(user, sealed string) ([]byte, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err == nil {
		raw, err = s.aead.Open(nil, nil, raw, []byte(user))
	}
	if err != nil {
		return nil, hotline.Errorf("open second factor", hotline.CodeInternal, "the secret of %s was sealed with another key: %w", user, err)
	}
	return raw, nil
}

// Recovery codes take the place of a code once each, when the telephone is lost.
const (
	recoveryCodes = 10
	recoveryBytes = 10 // 80 bits
)

func newRecovery() []string {
	list := make([]string, recoveryCodes)
	for i := range list {
		text := strings.ToLower(base32Text.EncodeToString(random(recoveryBytes)))
		list[i] = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
	}
	return list
}

func (s *sealer) recoveryHash(user, code string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte("recovery\n" + user + "\n" + strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(code))))
	return hex.EncodeToString(mac.Sum(nil))
}
