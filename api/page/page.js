// Shows the served OpenAPI description. Nothing is loaded from elsewhere, and texts are never markup.
(function () {
  'use strict';

  function el(name, attributes, children) {
    const e = document.createElement(name);
    for (const key of Object.keys(attributes || {})) e.setAttribute(key, attributes[key]);
    for (const child of [].concat(children || [])) {
      if (child !== undefined && child !== null) e.append(child);
    }
    return e;
  }

  let description;

  function resolve(schema) {
    const seen = new Set();
    while (schema && schema.$ref && !seen.has(schema.$ref)) {
      seen.add(schema.$ref);
      schema = schema.$ref.slice(2).split('/').reduce((at, key) => at && at[key], description);
    }
    return schema || {};
  }

  function bounds(s) {
    const list = [];
    if (s.enum) list.push(s.enum.join(' | '));
    if (s.minimum !== undefined || s.maximum !== undefined) list.push((s.minimum ?? '') + '…' + (s.maximum ?? ''));
    if (s.minLength !== undefined || s.maxLength !== undefined) list.push((s.minLength ?? 0) + '…' + (s.maxLength ?? '') + ' 字');
    if (s.pattern) list.push(s.pattern);
    if (s.default !== undefined) list.push('默认 ' + s.default);
    return list.join('，');
  }

  function typeOf(schema) {
    const s = resolve(schema);
    if (s.items) return typeOf(s.items) + '[]';
    return [].concat(s.type || 'any').join('|') + (s.format ? ' (' + s.format + ')' : '');
  }

  function rows(schema, prefix, depth) {
    const s = resolve(schema.items ? schema.items : schema);
    const list = [];
    for (const name of Object.keys(s.properties || {})) {
      const property = s.properties[name];
      const own = resolve(property);
      const required = (s.required || []).includes(name);
      list.push(row(prefix + name, typeOf(property), required, bounds(own), property.description || own.description));
      if (depth < 3) list.push(...rows(property, prefix + name + '.', depth + 1));
    }
    return list;
  }

  function row(name, type, required, limits, text) {
    return el('tr', {}, [
      el('td', {}, el('code', {}, name)),
      el('td', {}, type + (required ? '，必填' : '')),
      el('td', { class: 'quiet' }, limits),
      el('td', {}, text || ''),
    ]);
  }

  function table(list) {
    const head = ['名称', '类型', '范围', '说明'].map((t) => el('th', {}, t));
    return el('table', {}, [el('thead', {}, el('tr', {}, head)), el('tbody', {}, list)]);
  }

  function content(title, body) {
    const parts = [];
    for (const type of Object.keys((body && body.content) || {})) {
      const list = rows(body.content[type].schema || {}, '', 0);
      parts.push(el('p', {}, [title + ' ', el('code', {}, type)]));
      if (list.length) parts.push(table(list));
    }
    return parts;
  }

  function operation(method, path, op) {
    const box = el('details', { id: op.operationId }, el('summary', {}, [
      el('span', { class: 'method' }, method.toUpperCase()), el('code', {}, path), ' ' + (op.summary || ''),
    ]));
    if (op.description) box.append(el('p', {}, op.description));
    const params = (op.parameters || []).map((p) => row(p.name + ' (' + p.in + ')', typeOf(p.schema || {}), p.required, bounds(resolve(p.schema || {})), p.description));
    if (params.length) box.append(table(params));
    box.append(...content('请求', op.requestBody));
    for (const status of Object.keys(op.responses || {}).sort()) {
      const response = op.responses[status];
      if (status < '300') box.append(...content('回答 ' + status, response));
    }
    const errors = Object.keys(op.responses || {}).filter((s) => s >= '300').sort();
    box.append(el('p', { class: 'quiet' }, '其他状态：' + errors.map((s) => s + ' ' + op.responses[s].description).join('，')));
    return box;
  }

  function show() {
    document.getElementById('about').textContent = description.info.description;
    const groups = new Map();
    for (const path of Object.keys(description.paths)) {
      for (const method of Object.keys(description.paths[path])) {
        const op = description.paths[path][method];
        const tag = (op.tags || ['other'])[0];
        if (!groups.has(tag)) groups.set(tag, []);
        groups.get(tag).push(operation(method, path, op));
      }
    }
    const main = document.getElementById('operations');
    main.textContent = '';
    const contents = el('ul');
    for (const [tag, list] of groups) {
      main.append(el('h2', { id: tag }, tag), ...list);
      contents.append(el('li', {}, el('a', { href: '#' + tag }, tag + ' (' + list.length + ')')));
    }
    document.getElementById('contents').append(contents);
  }

  fetch('v1/openapi.json').then((r) => r.json()).then((d) => { description = d; show(); }, () => {
    document.getElementById('operations').textContent = '接口说明读取失败，请刷新页面。';
  });
})();
