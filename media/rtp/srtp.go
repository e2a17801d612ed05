package rtp

import (
	"fmt"

	"github.com/pion/srtp/v3"
)

// Suite is an SRTP crypto suite as SDP names it (RFC 4568 section 6.2, RFC 7714 section 14.2).
type Suite string

// The suites we speak.
const (
	AES128CMSHA180 Suite = "AES_CM_128_HMAC_SHA1_80"
	AES128CMSHA132 Suite = "AES_CM_128_HMAC_SHA1_32"
	AES128GCM      Suite = "AEAD_AES_128_GCM"
)

// replayWindow is how many packets back a repetition is noticed (RFC 3711 section 3.3.2 wants at
// least 64). pion leaves the check off unless asked.
const replayWindow = 128

func (s Suite) profile() (srtp.ProtectionProfile, error) {
	switch s {
	case AES128CMSHA180:
		return srtp.ProtectionProfileAes128CmHmacSha1_80, nil
	case AES128CMSHA132:
		return srtp.ProtectionProfileAes128CmHmacSha1_32, nil
	case AES128GCM:
		return srtp.ProtectionProfileAeadAes128Gcm, nil
	}
	return 0, fmt.Errorf("SRTP suite %q: want one of %s, %s, %s", s, AES128CMSHA180, AES128CMSHA132, AES128GCM)
}

// KeyLength returns how many bytes of master key and salt the suite takes.
func (s Suite) KeyLength() (key, salt int, err error) {
	p, err := s.profile()
	if err != nil {
		return 0, 0, err
	}
	if key, err = p.KeyLen(); err != nil {
		return 0, 0, err
	}
	salt, err = p.SaltLen()
	return key, salt, err
}

// Key is the SRTP master key and salt of one direction.
type Key struct {
	Suite     Suite
	Key, Salt []byte
}

// String hides the secret.
func (k *Key) String() string {
	if k == nil {
		return "none"
	}
	return string(k.Suite)
}

// GoString hides the secret too.
func (k *Key) GoString() string { return k.String() }

// equal reports whether two keys are the same, nil being one of them.
func (k *Key) equal(other *Key) bool {
	if k == nil || other == nil {
		return k == other
	}
	return k.Suite == other.Suite && string(k.Key) == string(other.Key) && string(k.Salt) == string(other.Salt)
}

// context returns the SRTP state of one direction, nil for plain RTP.
func (k *Key) context() (*srtp.Context, error) {
	if k == nil {
		return nil, nil
	}
	p, err := k.Suite.profile()
	if err != nil {
		return nil, err
	}
	c, err := srtp.CreateContext(k.Key, k.Salt, p,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return nil, fmt.Errorf("SRTP key for %s: %w", k.Suite, err)
	}
	return c, nil
}
