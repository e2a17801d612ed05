package api

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/store/db"
)

// The scopes of API keys and of people's sessions.
const (
	ScopeChat      = "chat"      // hold conversations of its own
	ScopeRead      = "read"      // read all conversations
	ScopeKnowledge = "knowledge" // read and change knowledge
	ScopeFlows     = "flows"     // read and change flows and utterances
	ScopeDesk      = "desk"      // talk to callers; people only
	ScopeSupervise = "supervise" // look after those who do
	ScopeSurvey    = "survey"    // make links by which people grade conversations
	ScopeUsers     = "users"     // look after users
	ScopeAudit     = "audit"     // read the record
	ScopeAdmin     = "admin"     // everything that a key may do
)

// Scopes lists those of an API key.
func Scopes() []string {
	return []string{ScopeChat, ScopeRead, ScopeKnowledge, ScopeFlows, ScopeSupervise, ScopeSurvey, ScopeUsers, ScopeAudit, ScopeAdmin}
}

// scopesOf is what a role lets a session do. Nobody's session may do everything: who looks after users
// reads no conversation, and who audits changes nothing.
func scopesOf(r account.Role) []string {
	switch r {
	case account.RoleAgent:
		return []string{ScopeDesk}
	case account.RoleSupervisor:
		return []string{ScopeDesk, ScopeSupervise, ScopeRead}
	case account.RoleKnowledge:
		return []string{ScopeKnowledge, ScopeFlows}
	case account.RoleAdministrator:
		return []string{ScopeUsers}
	case account.RoleAuditor:
		return []string{ScopeAudit}
	}
	return nil
}

const (
	schemeKey     = "key"
	schemeSession = "session"
	schemeVisitor = "visitor"
	schemeSurvey  = "survey"
)

// need is what an endpoint asks of who calls it.
type need struct {
	tag     string
	scopes  []string // of which a key or a session has one
	person  bool     // a session will do and no key; without scopes, whatever its own
	open    bool     // everybody may, and no token is looked at
	visitor bool     // the token of the conversation in the path will do
	reads   bool     // what was said in it is shown
	nobody  bool     // and so will nothing
	inQuery bool     // the token may be in the address
	survey  bool     // the token of a survey will do, and nothing else
}

var (
	needBegin     = need{tag: "conversations", scopes: []string{ScopeChat}, nobody: true}
	needWrite     = need{tag: "conversations", scopes: []string{ScopeChat}, visitor: true}
	needRead      = need{tag: "conversations", scopes: []string{ScopeChat, ScopeRead}, visitor: true, reads: true}
	needStream    = need{tag: "conversations", scopes: []string{ScopeChat, ScopeRead}, visitor: true, reads: true, inQuery: true}
	needSocket    = need{tag: "conversations", scopes: []string{ScopeChat}, visitor: true, reads: true, inQuery: true}
	needKnowledge = need{tag: "knowledge", scopes: []string{ScopeKnowledge}}
	needLogIn     = need{tag: "session", open: true}
	needPerson    = need{tag: "session", person: true}
	needTree      = need{tag: "knowledge", scopes: []string{ScopeKnowledge, ScopeDesk, ScopeSupervise, ScopeRead}}
	needUsers     = need{tag: "users", scopes: []string{ScopeUsers}}
	needAudit     = need{tag: "audit", scopes: []string{ScopeAudit}}
	needRecords   = need{tag: "records", scopes: []string{ScopeDesk, ScopeSupervise, ScopeRead}}
	needReports   = need{tag: "reports", scopes: []string{ScopeSupervise}}
	needLink      = need{tag: "survey", scopes: []string{ScopeDesk, ScopeSupervise, ScopeSurvey}}
	needSurvey    = need{tag: "survey", survey: true}
	needDesk      = need{tag: "desk", scopes: []string{ScopeDesk, ScopeSupervise}}
	needSupervise = need{tag: "desk", scopes: []string{ScopeSupervise}}
)

func (n need) security() []map[string][]string {
	if n.open {
		return []map[string][]string{{}}
	}
	if n.survey {
		return []map[string][]string{{schemeSurvey: {}}}
	}
	list := []map[string][]string{{schemeSession: {}}}
	if !n.person {
		list = append(list, map[string][]string{schemeKey: {}})
	}
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
	person       *account.Person        // who is logged in
	conversation hotline.ConversationID // of a visitor
	survey       hotline.ConversationID // that somebody is asked to grade
}

// callerOf returns who calls the handler of an operation.
func callerOf(ctx context.Context) identity {
	who, _ := ctx.Value(identityKey{}).(identity)
	return who
}

func (i identity) has(scope string) bool {
	switch {
	case i.key != nil:
		return slices.Contains(i.key.Scopes, scope) || slices.Contains(i.key.Scopes, ScopeAdmin)
	case i.person != nil:
		return slices.ContainsFunc(i.person.Roles, func(r account.Role) bool { return slices.Contains(scopesOf(r), scope) })
	}
	return false
}

// inside tells whether a system or a person of the hotline calls, no visitor.
func (i identity) inside() bool { return i.key != nil || i.person != nil }

// name is who did something, for the record.
func (i identity) name() string {
	switch {
	case i.key != nil:
		return i.key.Name
	case i.person != nil:
		return i.person.Login
	}
	return ""
}

func (i identity) from() account.From {
	return account.From{Address: i.address, Network: bucketOf(i.address)}
}

// actor is who does something to a user.
func (i identity) actor() account.Actor {
	if i.person != nil {
		return i.person.Actor(i.from())
	}
	return account.Actor{Name: "key:" + i.name(), From: i.from()}
}

// agent is the ID by which the desk knows somebody.
func (i identity) agent() string {
	switch {
	case i.person != nil:
		return i.person.ID
	case i.key != nil:
		return i.key.ID
	}
	return ""
}

const opIdentify = "identify"

func unauthorized(format string, args ...any) error {
	return hotline.Errorf(opIdentify, hotline.CodeUnauthorized, format, args...)
}

// identify finds out who calls, whether they may, and whether they do so too often.
func (a *API) identify(r *http.Request, n need) (identity, error) {
	who := identity{address: a.clientOf(r)}
	if n.open {
		return who, a.enter(who)
	}
	token := bearer(r)
	if token == "" && n.inQuery {
		token = r.URL.Query().Get("token")
	}
	var err error
	switch {
	case n.survey:
		who.survey, err = a.surveyOf(r.Context(), token)
	case strings.HasPrefix(token, keyPrefix):
		who.key, err = a.keyOf(r.Context(), token)
	case strings.HasPrefix(token, account.TokenPrefix):
		who.person, err = a.personOf(r.Context(), token)
	case token != "" && n.visitor:
		who.conversation, err = a.conversationOf(r.Context(), token)
	case token != "" || !n.nobody || !a.cfg.Visitors:
		err = unauthorized("需要 API 密钥或访客令牌 a key or token is needed: Authorization: Bearer …")
	}
	// Who guesses is counted before being told that the guess was wrong.
	if busy := a.enter(who); busy != nil {
		return who, busy
	}
	if err != nil {
		return who, err
	}
	return who, a.permit(r, n, who)
}

func (a *API) enter(who identity) error {
	if wait := a.doors.enter(who); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// personOf returns who is logged in with a token, at this moment: it is asked again from time to time by
// what stays open.
func (a *API) personOf(ctx context.Context, token string) (*account.Person, error) {
	if a.cfg.Accounts == nil {
		return nil, unauthorized("没有启用账号 there are no accounts here")
	}
	p, err := a.cfg.Accounts.Identify(ctx, token)
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// socketProtocol opens the subprotocol by which a WebSocket carries a token; browsers cannot set headers.
const socketProtocol = "bearer."

// personAtSocket returns who opens a WebSocket with scope, by the subprotocol bearer.TOKEN, and that token. It is asked
// again while the socket is open, so that a session that ends takes its sockets with it.
func (a *API) personAtSocket(r *http.Request, scope string) (identity, string, error) {
	who := identity{address: a.clientOf(r)}
	token, err := tokenAtSocket(r)
	if err == nil {
		who.person, err = a.personOf(r.Context(), token)
	}
	if busy := a.enter(who); busy != nil {
		return who, "", busy
	}
	if err != nil {
		return who, "", err
	}
	return who, token, a.permit(r, need{scopes: []string{scope}}, who)
}

// tokenAtSocket is the one token that a WebSocket is opened with. Of two it would not be clear whose the socket is.
func tokenAtSocket(r *http.Request) (string, error) {
	var tokens []string
	for protocol := range strings.SplitSeq(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",") {
		if token, found := strings.CutPrefix(strings.TrimSpace(protocol), socketProtocol); found {
			tokens = append(tokens, token)
		}
	}
	if len(tokens) != 1 {
		return "", unauthorized("需要登录 one session is needed: Sec-WebSocket-Protocol: bearer.…")
	}
	return tokens[0], nil
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
	if !who.inside() {
		if n.visitor && who.conversation != id {
			return hotline.Errorf(opIdentify, hotline.CodeForbidden, "令牌不属于该会话 the token is of another conversation")
		}
		return nil
	}
	if n.person {
		if who.person == nil {
			return hotline.Errorf(opIdentify, hotline.CodeForbidden, "需要登录，密钥不行 a session is needed, no key")
		}
		if len(n.scopes) == 0 {
			return nil
		}
	}
	if who.person != nil && len(who.person.Must) > 0 {
		return mustError(who.person.Must[0])
	}
	if !slices.ContainsFunc(n.scopes, who.has) {
		return hotline.Errorf(opIdentify, hotline.CodeForbidden, "没有权限，需要 this takes the scope %s", strings.Join(n.scopes, " or "))
	}
	if !n.visitor {
		return nil
	}
	record, err := a.cfg.Chat.Get(r.Context(), id)
	switch {
	case err != nil || who.owns(record.Visitor):
		return err
	case !who.has(ScopeAdmin) && !(slices.Contains(n.scopes, ScopeRead) && who.has(ScopeRead)):
		// Not even that it exists is told.
		return hotline.Errorf(opIdentify, hotline.CodeNotFound, "没有这个会话 no such conversation")
	case n.reads:
		return a.mayFollow(r.Context(), who, id, r.URL.Query().Get("reason"))
	}
	return nil
}
