package api

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/store/db"
)

// keyPrefix opens every API key, so that one that leaks is recognised: hk_ID_SECRET.
const keyPrefix = "hk_"

// maxTokenAge is how long a visitor's token lives however much it is used.
const maxTokenAge = 24 * time.Hour

// NewKey returns a key to be kept and the text that its owner gets to see once: 256 random bits.
func NewKey(name string, scopes []string) (db.Key, string) {
	var id [5]byte
	var secret [32]byte
	_, _ = rand.Read(id[:]) // never fails since Go 1.24
	_, _ = rand.Read(secret[:])
	text := base64.RawURLEncoding.EncodeToString(secret[:])
	k := db.Key{ID: hex.EncodeToString(id[:]), Name: name, Hash: hashOf(text), Scopes: scopes}
	return k, keyPrefix + k.ID + "_" + text
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// keyOf returns the key that a text is.
func (a *API) keyOf(ctx context.Context, text string) (*db.Key, error) {
	wrong := unauthorized("API 密钥无效或已吊销 the key is not valid")
	id, secret, _ := strings.Cut(strings.TrimPrefix(text, keyPrefix), "_")
	if _, err := hex.DecodeString(id); err != nil || len(id) != 10 {
		return nil, wrong
	}
	k, err := a.cfg.Store.Key(ctx, id)
	if hotline.CodeOf(err) == hotline.CodeNotFound {
		return nil, wrong
	}
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(k.Hash), []byte(hashOf(secret))) != 1 || !k.Revoked.IsZero() {
		return nil, wrong
	}
	return &k, nil
}

// token returns what lets a visitor into a conversation: ID.ISSUED.MAC.
func (a *API) token(id hotline.ConversationID, issued time.Time) string {
	stamp := strconv.FormatInt(issued.Unix(), 36)
	return string(id) + "." + stamp + "." + a.mac(string(id), stamp)
}

func (a *API) mac(id, stamp string) string {
	mac := hmac.New(sha256.New, a.cfg.TokenKey)
	mac.Write([]byte("visitor\n" + id + "\n" + stamp))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// conversationOf returns the conversation that a token lets into. A token lives for TokenLife after
// it was issued or the conversation was last used, and never longer than maxTokenAge.
func (a *API) conversationOf(ctx context.Context, token string) (hotline.ConversationID, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || !hmac.Equal([]byte(parts[2]), []byte(a.mac(parts[0], parts[1]))) {
		return "", unauthorized("访客令牌无效 the token is not valid")
	}
	id := hotline.ConversationID(parts[0])
	seconds, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil {
		return "", unauthorized("访客令牌无效 the token is not valid")
	}
	issued, now := time.Unix(seconds, 0), a.cfg.Now()
	if now.Sub(issued) < a.cfg.TokenLife {
		return id, nil
	}
	expired := unauthorized("访客令牌已过期，请开始新的会话 the token has expired")
	if now.Sub(issued) > maxTokenAge {
		return "", expired
	}
	record, err := a.cfg.Chat.Get(ctx, id)
	if err != nil {
		return "", err
	}
	if now.Sub(record.Last) >= a.cfg.TokenLife {
		return "", expired
	}
	return id, nil
}

// KeyFile returns a key from a file, which is made when it is not there.
func KeyFile(path string) ([]byte, error) {
	const op = "read key"
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		var key [32]byte
		_, _ = rand.Read(key[:]) // never fails since Go 1.24
		text = []byte(hex.EncodeToString(key[:]) + "\n")
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			err = os.WriteFile(path, text, 0o600)
		}
	}
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeUnavailable, "%w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) < 32 {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%s 应为 64 位十六进制数；删除它会换一把新钥匙，用旧钥匙签发或加密的随之失效 want 64 hex digits; without the file a new key is made, and what rests on the old one ends", path)
	}
	return key, nil
}
