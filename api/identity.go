package api

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/store/db"
)

// The scopes of an API key.
const (
	ScopeChat      = "chat"      // hold conversations of its own
	ScopeRead      = "read"      // read all conversations
	ScopeKnowledge = "knowledge" // read and change knowledge
	ScopeFlows     = "flows"     // read and change flows and utterances
	ScopeDesk      = "desk"      // talk to callers
	ScopeSupervise = "supervise" // look after those who do
	ScopeAdmin     = "admin"     // everything
)

// Scopes lists them.
func Scopes() []string {
	return []string{ScopeChat, ScopeRead, ScopeKnowledge, ScopeFlows, ScopeSupervise, ScopeAdmin}
}

const (
	schemeKey     = "key"
	schemeVisitor = "visitor"
)

// need is what an endpoint asks of who calls it.
type need struct {
	tag     string
	scopes  []string // of which a key has one
	visitor bool     // the token of the conversation in the path will do
	nobody  bool     // and so will nothing
	inQuery bool     // the token may be in the address
}

var (
	needBegin     = need{tag: "conversations", scopes: []string{ScopeChat}, nobody: true}
	needWrite     = need{tag: "conversations", scopes: []string{ScopeChat}, visitor: true}
	needRead      = need{tag: "conversations", scopes: []string{ScopeChat, ScopeRead}, visitor: true}
	needStream    = need{tag: "conversations", scopes: []string{ScopeChat, ScopeRead}, visitor: true, inQuery: true}
	needSocket    = need{tag: "conversations", scopes: []string{ScopeChat}, visitor: true, inQuery: true}
	needKnowledge = need{tag: "knowledge", scopes: []string{ScopeKnowledge}}
	needRecords   = need{tag: "records", scopes: []string{ScopeDesk, ScopeSupervise, ScopeRead}}
	needReports   = need{tag: "reports", scopes: []string{ScopeSupervise}}
	needDesk      = need{tag: "desk", scopes: []string{ScopeDesk, ScopeSupervise}}
	needSupervise = need{tag: "desk", scopes: []string{ScopeSupervise}}
)

func (n need) security() []map[string][]string {
	list := []map[string][]string{{schemeKey: {}}}
	if n.visitor {
		list = append(list, map[string][]string{schemeVisitor: {}})
	}
	if n.nobody {
		list = append(list, map[string][]string{})
	}
	return list
}

type identityKey struct{}

// identity is who calls.
type identity struct {
	address      netip.Addr
	key          *db.Key                // of a system
	conversation hotline.ConversationID // of a visitor
}

// callerOf returns who calls the handler of an operation.
func callerOf(ctx context.Context) identity {
	who, _ := ctx.Value(identityKey{}).(identity)
	return who
}

func (i identity) has(scope string) bool {
	return i.key != nil && (slices.Contains(i.key.Scopes, scope) || slices.Contains(i.key.Scopes, ScopeAdmin))
}

// name is who did something, for the record.
func (i identity) name() string {
	if i.key == nil {
		return ""
	}
	return i.key.Name
}

// agent is the ID by which the desk knows somebody.
func (i identity) agent() string {
	if i.key == nil {
		return ""
	}
	return i.key.ID
}

const opIdentify = "identify"

func unauthorized(format string, args ...any) error {
	return hotline.Errorf(opIdentify, hotline.CodeUnauthorized, format, args...)
}

// identify finds out who calls, whether they may, and whether they do so too often.
func (a *API) identify(r *http.Request, n need) (identity, error) {
	who := identity{address: a.clientOf(r)}
	token := bearer(r)
	if token == "" && n.inQuery {
		token = r.URL.Query().Get("token")
	}
	var err error
	switch {
	case strings.HasPrefix(token, keyPrefix):
		who.key, err = a.keyOf(r.Context(), token)
	case token != "" && n.visitor:
		who.conversation, err = a.conversationOf(r.Context(), token)
	case token != "" || !n.nobody || !a.cfg.Visitors:
		err = unauthorized("需要 API 密钥或访客令牌 a key or token is needed: Authorization: Bearer …")
	}
	// Who guesses is counted before being told that the guess was wrong.
	if wait := a.doors.enter(who); wait > 0 {
		return who, tooMany(wait)
	}
	if err != nil {
		return who, err
	}
	return who, a.permit(r, n, who)
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// permit tells whether somebody known may do something.
func (a *API) permit(r *http.Request, n need, who identity) error {
	id := hotline.ConversationID(chi.URLParam(r, "id"))
	if who.key == nil {
		if n.visitor && who.conversation != id {
			return hotline.Errorf(opIdentify, hotline.CodeForbidden, "令牌不属于该会话 the token is of another conversation")
		}
		return nil
	}
	if !slices.ContainsFunc(n.scopes, who.has) {
		return hotline.Errorf(opIdentify, hotline.CodeForbidden, "密钥没有权限，需要 the key lacks the scope %s", strings.Join(n.scopes, " or "))
	}
	if !n.visitor || who.has(ScopeAdmin) || slices.Contains(n.scopes, ScopeRead) && who.has(ScopeRead) {
		return nil
	}
	record, err := a.cfg.Chat.Get(r.Context(), id)
	if err == nil && !who.owns(record.Visitor) {
		// Not even that it exists is told.
		err = hotline.Errorf(opIdentify, hotline.CodeNotFound, "没有这个会话 no such conversation")
	}
	return err
}

// visitorName is what a conversation keeps of who began it.
func (i identity) visitorName(given string) string {
	if i.key == nil {
		return "address:" + bucketOf(i.address)
	}
	return "key:" + i.key.ID + ":" + given
}

func (i identity) owns(visitor string) bool {
	return i.key != nil && strings.HasPrefix(visitor, "key:"+i.key.ID+":")
}
