"""The setup portal's own page: small and without external files, as a phone on it is offline."""

PAGE = """<!DOCTYPE html><meta charset=utf-8><meta name=viewport content="width=device-width">
<title>Set up a Thing</title><style>body{font:16px sans-serif;margin:2em auto;max-width:22em}
input,select,button{font:inherit;width:100%;margin:.3em 0;box-sizing:border-box}</style>
<h1>Set up a Thing</h1><p id=s>...</p>
<label>Network<input id=n list=l><datalist id=l></datalist></label>
<label>Its password<input id=p type=password></label><button onclick=j()>Join</button>
<label>App id<input id=a></label><button onclick="c('set_app',{aid:v('a')})">Save</button>
<button onclick="c('close')">Done</button><script>
var d=document;function e(i){return d.getElementById(i)}function v(i){return e(i).value}
function c(n,o){var u='/?cmd='+n,k;for(k in o)u+='&'+k+'='+encodeURIComponent(o[k]);
e('s').textContent='...';return fetch(u).then(function(r){return r.json()}).then(function(r){
e('s').textContent=n+': '+(r.status||'OK')+(r.error?' '+r.error:'');return r})
.catch(function(x){e('s').textContent=n+': '+x})}
function j(){c('join',{essid:v('n'),password:v('p')}).then(function(r){
if(r)e('s').textContent=r.error||(r.saved?'Connected to '+r.essid:
'Not connected: look at the password')})}
c('check').then(function(r){e('a').value=r.aid||'';e('n').value=r.essid||'';
c('scan').then(function(r){r.forEach(function(w){var o=d.createElement('option');o.value=w[0];
e('l').appendChild(o)});e('s').textContent='Choose a network.'})})
</script>"""
