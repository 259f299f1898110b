"""What has to be masked: planted secrets.

None of the secrets is one. What has the shape of a token is put together here, so that
no scanner of repositories stumbles over it.
"""

SECRET = "hunter2-very-secret"

# Names of values that are secrets, in the spellings that people use.
NAMES = """
    password Password PASSWORD passwd pwd dbPwd db_pwd DB_PWD userPwd PGPASSWORD
    MYSQL_PWD passwordProd password_dev password2 oldPassword newPassword passwordValue
    pass dbPass smtp_pass userpass dbpass passCode passcode pass_code pin_code pinCode
    passphrase keyPassphrase sshPassphrase keystorePassword truststore_password
    ssl.keystore.password javax.net.ssl.trustStorePassword db.password user-password
    proxyPassword bindPassword adminPassword wifiPsk psk pepper passwort Kennwort
    motDePasse contraseña senha totp otp mnemonic accessCode security_code recoveryCodes
    secret clientSecret client_secret CLIENT_SECRET client-secret clientsecret
    secretKey secret_key secretAccessKey aws_secret_access_key AWS_SECRET_ACCESS_KEY
    sharedSecret consumerSecret appSecret webhookSecret totpSecret SECRET_KEY_BASE
    secretText secretString secretValue fs.s3a.secret.key
    token accessToken access_token ACCESS_TOKEN access-token accesstoken authToken
    auth_token refreshToken idToken bearerToken sasToken personalAccessToken apiToken
    api-token oauthToken oauth-token botToken webhookToken csrfToken deployToken
    sessionToken securityToken authorizationToken tokenValue token_prod tokenSecret
    X-Auth-Token X-Vault-Token PRIVATE-TOKEN X-Amz-Security-Token hfToken GITHUB_TOKEN
    apiKey apikey api_key API_KEY api-key APIKey X-API-Key x-api-key apiKeys apiKeyProd
    DD-API-KEY accountKey account_key storageKey storageAccountKey storageaccountkey
    sharedKey shared_access_key accessKey access_key accesskey accessKeys
    primaryAccessKey
    subscriptionKey Ocp-Apim-Subscription-Key privateKey private_key PRIVATE_KEY
    sshKey ssh_key sshPrivateKey encryptionKey encryption_key ENCRYPTION_KEY
    decryptionKey signingKey signing-key masterKey hmacKey symmetricKey preSharedKey
    deployKey licenseKey licenceKey functionKey x-functions-key adminKey serverKey
    clientKey consumerKey applicationKey serviceKey serviceAccountKey sessionKey
    authKey webhookKey sasKey aeg-sas-key instrumentationKey openaiKey openAiKey
    OPENAI_KEY azureKey googleMapsKey stripeKey queryKey writeKey unsealKey
    fs.azure.account.key.acct.dfs.core.windows.net
    credential credentials dbCredentials credentialsJson preset_credentials_db
    Authorization authorization Proxy-Authorization auth basicAuth http_auth
    signature requestSignature sig bearer jwt idJwt sas hmac githubPat
    cookie Cookie Set-Cookie sessionCookie session_cookie JSESSIONID
    connectionString connection_string CONNECTION_STRING connString connStr sasUrl
    sas_uri webhookUrl webhook_url webhook slackWebhook incomingWebhookUrl hookUrl
    kubeconfig dockerConfigJson keyfile_json service_account_json htpasswd
    keystorePass trustStorePass pemKey privKey certificateKey seedPhrase recoveryPhrase
    cosmosKey eventHubKey serviceBusKey iotKey speechKey sessioncookie xsrf
    passwörter motdepasse geheimnis wachtwoord hasło пароль 비밀번호 apiPass bindPw
    oraclePw certPass otpSeed cvc pinNumber securityAnswer fernetKey signKey puttyKey
    new_relic_key
    cosmosdbKey claudeKey grafanaKey slackHook teams_hook_url dbCreds clientAssertion
    samlResponse privatePem keytabBase64 keystore_content pfxData dockercfg
    sf_pw sfPw mykey my_key clef_api cléApi cle_d_api claveApi chave_api
    api_schluessel chiave_privata
    """.split()

_HEX = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
_MIXED = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"

# Shapes that issuers give to tokens; each is cut in two.
TOKENS = {
    "GitHub": ("ghp_", _MIXED[:36]),
    "GitHub, OAuth": ("gho_", _MIXED[:36]),
    "GitHub, fine-grained": ("github_pat_", f"11A{_MIXED[:19]}_{_MIXED}"),
    "GitLab": ("glpat-", _MIXED[:20]),
    "GitLab, runner": ("glrt-", _MIXED[:20]),
    "OpenAI": ("sk-", _MIXED),
    "OpenAI, of a project": ("sk-proj-", _MIXED),
    "Anthropic": ("sk-ant-api03-", _MIXED),
    "Groq": ("gsk_", _MIXED),
    "Hugging Face": ("hf_", _MIXED[:34]),
    "Slack, bot": ("xoxb-", "123456789012-1234567890123-a1B2c3D4e5F6"),
    "Slack, user": ("xoxp-", "123456789012-a1B2c3D4e5F6"),
    "Slack, app": ("xapp-", "1-A012-345-a1B2c3D4"),
    "Slack, workspace": ("xoxa-", "2-123456789012-a1B2c3"),
    "Google": ("AIza", "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7"),
    "Google, OAuth": ("ya29.", "a0AfB_byC1d2E3f4"),
    "Google, client": ("GOCSPX-", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4"),
    "a JSON Web Token": (
        "eyJ",
        "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9m",
    ),
    "Stripe": ("sk_live_", _MIXED[:24]),
    "Stripe, restricted": ("rk_test_", _MIXED[:24]),
    "Stripe, hooks": ("whsec_", _MIXED[:32]),
    "SendGrid": ("SG.", f"{_MIXED[:22]}.{_MIXED}a1B"),
    "Twilio": ("SK", _HEX),
    "Mailgun": ("key-", _HEX),
    "Mailchimp": (_HEX, "-us21"),
    "npm": ("npm_", _MIXED[:36]),
    "PyPI": ("pypi-", f"AgEIcHlwaS5vcmc{_MIXED}"),
    "Docker Hub": ("dckr_pat_", _MIXED[:27]),
    "Databricks": ("dapi", _HEX),
    "DigitalOcean": ("dop_v1_", _HEX * 2),
    "Vault": ("hvs.", _MIXED),
    "Shopify": ("shpat_", _HEX),
    "Square": ("sq0atp-", _MIXED[:22]),
    "Grafana": ("glsa_", f"{_MIXED[:32]}_a1b2c3d4"),
    "New Relic": ("NRAK-", "A1B2C3D4E5F6G7H8I9J0K1L2M3N"),
    "Postman": ("PMAK-", f"{_HEX[:24]}-{_HEX}01"),
    "Linear": ("lin_api_", _MIXED),
    "Notion": ("ntn_", _MIXED),
    "Figma": ("figd_", _MIXED),
    "Atlassian": ("ATATT3", f"xFfGF0{_MIXED}"),
    "Telegram": ("1234567890:", f"AA{_MIXED[:33]}"),
    "Discord, bot": ("MTA1B2c3D4e5F6g7H8i9J0k1.", f"GaBcDe.{_MIXED[:30]}"),
    "Dataiku, of a user": ("dkuaps-", _MIXED[:32]),
    "Azure, of a storage account": (f"{_MIXED}{_MIXED}", "a1B2c3=="),
    "Azure, of a service bus": (_MIXED[:33], "+ASbAaBcDe="),
    "Azure, of a search": (f"{_MIXED}ab", "AzSeAaBcDe"),
    "Azure, of a function": (f"{_MIXED}abcd", "AzFuaBcDeQ=="),
    "Azure, of a language model": (f"{_MIXED}{_MIXED[:12]}", "JQQJ99AABBCCDDEEFF"),
    "Azure DevOps": (f"{_MIXED}{_MIXED[:36]}", "AZDOa1B2"),
    "Bitbucket": ("ATBB", _MIXED[:32]),
    "Together": ("tgp_v1_", _MIXED),
    "Cerebras": ("csk-", f"{_MIXED}aB3dE4fG"),
    "ElevenLabs": ("sk_", f"{_HEX}{_HEX[:16]}"),
    "Langfuse": ("sk-lf-", "123e4567-e89b-12d3-a456-426614174000"),
    "Fireworks": ("fw_", _MIXED[:24]),
    "dbt": ("dbtc_", _MIXED),
    "Databricks, OAuth": ("dose", _HEX),
    "Confluent": ("cflt", f"{_MIXED}{_MIXED[:20]}"),
    "Planet": ("PLAK", _HEX),
    "PlanetScale": ("pscale_tkn_", f"{_MIXED}abc"),
    "Neon": ("napi_", f"{_MIXED}{_MIXED[:24]}"),
    "Prefect": ("pnu_", _MIXED[:36]),
    "OpenShift": ("sha256~", f"{_MIXED}abc"),
    "Tailscale": ("tskey-auth-", f"kABC123CNTRL-{_MIXED[:32]}"),
    "Netlify": ("nfp_", _MIXED[:36]),
    "Yandex": ("y0_", f"{_MIXED}{_MIXED}"),
    "Vault, of old": ("s.", _MIXED[:24]),
    "Doppler": ("dp.st.", f"prd.{_MIXED}"),
    "Grafana, of old": ("eyJrIjoi", f"{_MIXED}{_MIXED[:30]}=="),
    "SonarQube": ("squ_", f"{_HEX}12345678"),
    "Sourcegraph": ("sgp_", f"{_HEX}12345678"),
    "Buildkite": ("bkua_", f"{_HEX}12345678"),
    "CircleCI": ("CCIPAT_", f"{_MIXED[:22]}_{_HEX}12345678"),
    "Harness": ("pat.", f"{_MIXED[:22]}.{_HEX[:24]}.{_MIXED[:20]}"),
    "NuGet": ("oy2", f"{_HEX}a1b2c3d4e5f"),
    "Artifactory": ("cmVmdGtu", f"{_MIXED}{_MIXED[:16]}"),
    "Notion, of old": ("secret_", f"{_MIXED}abc"),
    "Contentful": ("CFPAT-", f"{_MIXED}abc"),
    "HubSpot": ("pat-", "na1-123e4567-e89b-12d3-a456-426614174000"),
    "Asana": ("1/1234567890123456:", _HEX),
    "Dropbox": ("sl.", _MIXED * 3),
    "Resend": ("re_", f"{_MIXED[:8]}_{_MIXED[:24]}"),
    "Square, access": ("EAAA", f"{_MIXED}{_MIXED[:20]}"),
    "Plaid": ("access-", "production-123e4567-e89b-12d3-a456-426614174000"),
    "age": ("AGE-SECRET-KEY-1", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
}
# What has to be masked is between « and »; where nothing is, the secret.
TEXTS = {
    "a SAS URL": "https://a.blob.core.windows.net/c?sv=2022-11-02&se=2030&sig=«»&sp=r",
    "a SAS token": "sv=2022-11-02&ss=b&sig=«»&se=2030",
    "a signed URL of S3": (
        "https://b.s3.amazonaws.com/k?X-Amz-Date=20260101T000000Z&X-Amz-Signature=«»"
    ),
    "a session of S3": "https://b.s3.amazonaws.com/k?X-Amz-Security-Token=«»&x=1",
    "an old signed URL of S3": (
        "https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKIAX&Signature=«»&Expires=1"
    ),
    "a signed URL of Google": "https://storage.googleapis.com/b/k?X-Goog-Signature=«»",
    "an Azure function": "https://f.azurewebsites.net/api/run?code=«»&x=1",
    "a key in a URL": "https://maps.googleapis.com/maps/api?key=«»&region=fr",
    "an apikey in a URL": "https://api.example.com/v1?apikey=«»&x=1",
    "an appid in a URL": "https://api.openweathermap.org/data?q=Paris&appid=«»",
    "a client secret in a URL": "https://h/oauth?client_id=a&client_secret=«»",
    "a fragment": "https://h/callback#access_token=«»&token_type=bearer",
    "a token in a URL": "https://h/?token=«»#top",
    "a subscription key": "https://h/v1?subscription-key=«»&q=x",
    "a password in a URL": "https://me:«»@host/x",
    "a password with an @": "https://me:«p@{S}»@host/x",
    "a password with a slash": "postgresql://me:«p/{S}»@host/x",
    "no user, but a password": "redis://:«»@host:6379/0",
    "MongoDB": "mongodb+srv://me:«»@cluster0.example.net,h2:27017/db?w=majority",
    "AMQP": "amqps://me:«»@host:5671/vhost",
    "a URL with a token for a user": "https://«»@github.com/team/repo.git",
    "a token for a user, and no password": "https://«»:@api.stripe.com/v1",
    "a token for a user of GitHub": "https://«»:«x-oauth-basic»@github.com/t/r.git",
    "a URL in a URL": "https://h/?next=https%3A%2F%2Fh%3Ftoken%3D«»%26x%3D1",
    "git with a token": "git+https://oauth2:«»@gitlab.com/team/repo.git",
    "a storage account": (
        "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=«»;"
        "EndpointSuffix=core.windows.net"
    ),
    "the last of a connection string": "AccountName=acct;AccountKey=«»",
    "a service bus": (
        "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=Root;"
        "SharedAccessKey=«»;EntityPath=q"
    ),
    "Cosmos DB": "AccountEndpoint=https://a.documents.azure.com:443/;AccountKey=«»;",
    "SQL Server": "Server=tcp:db,1433;Database=d;User ID=sa;Password=«»;Encrypt=True",
    "SQL Server, with a blank": "Server=db;User ID=sa;Password=«my {S}»;Encrypt=True",
    "SQL Server, with a sign": "Server=db;User ID=sa;Password=«a&b,c={S}»;Encrypt=True",
    "ADO, with blanks": "Data Source = db; User ID = sa; Password = «»; Timeout = 5",
    "ODBC": "DRIVER={ODBC Driver 18};SERVER=db;UID=sa;PWD=«»;Encrypt=yes",
    "ODBC in braces": "DRIVER={ODBC Driver 18};SERVER=db;PWD={«a;{S}»};Encrypt=yes",
    "JDBC of SQL Server": "jdbc:sqlserver://db:1433;user=sa;password=«»;encrypt=true",
    "JDBC of PostgreSQL": "jdbc:postgresql://db/d?user=a&password=«»&ssl=true",
    "JDBC of Snowflake": "jdbc:snowflake://a.eu.snowflakecomputing.com/?token=«»&db=D",
    "JDBC of Databricks": "jdbc:databricks://h:443/default;AuthMech=3;UID=token;PWD=«»",
    "JDBC of Oracle": "jdbc:oracle:thin:scott/«»@//db:1521/orcl",
    "Oracle": "scott/«»@db",
    "Oracle, easy connect": "scott/«»@//db:1521/orcl",
    "SQL*Plus": "sqlplus scott/«»@orcl",
    "libpq": "host=db port=5432 user=me password=«» dbname=d",
    "libpq in quotes": "host=db user=me password='«my {S}»' dbname=d",
    "Redis": "cache.example.com:6380,password=«»,ssl=True,abortConnect=False",
    "Oracle, with a description": "jdbc:oracle:thin:scott/«»@(DESCRIPTION=(ADDRESS=x))",
    "SQL, a user": "CREATE USER me WITH PASSWORD '«»' LOGIN",
    "SQL, identified": "CREATE USER me IDENTIFIED BY '«»' ACCOUNT LOCK",
    "SQL, a link": "CREATE DATABASE LINK l CONNECT TO me IDENTIFIED BY «» USING 'db'",
    "SQL, a stage": "URL='s3://b' CREDENTIALS=(AWS_KEY_ID='a' AWS_SECRET_KEY='«»')",
    "smbclient": "smbclient -U me%«» //host/share",
    "JAAS": 'PlainLoginModule required username="me" password="«»";',
    "Bearer": "Bearer «»",
    "bearer in a header": "Authorization: Bearer «»",
    "basic in a header": "Authorization: Basic «»",
    "a header with a key": "X-Api-Key: «»",
    "two headers": "Accept: */*\nX-Auth-Token: «»\nX-Trace: 1",
    "a cookie": "Cookie: «theme=dark; SESSION={S}»",
    "the header of GitHub": "Authorization: token «»",
    "a hook of Slack": "https://hooks.slack.com/services/«»",
    "a hook of Discord": "https://discord.com/api/webhooks/123456789012345678/«»",
    "an old hook of Discord": "https://discordapp.com/api/webhooks/123456/«»",
    "a hook of Teams": "https://team.webhook.office.com/webhookb2/«»",
    "an old hook of Teams": "https://outlook.office.com/webhook/«»",
    "a hook of Office 365": "https://team.webhook.office365.com/webhookb2/«»",
    "a workflow of Teams": (
        "https://prod-1.westeurope.logic.azure.com:443/workflows/a1/triggers/manual/"
        "paths/invoke?api-version=2016-06-01&sp=%2Ftriggers&sv=1.0&sig=«»"
    ),
    "a hook of Google Chat": (
        "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=«»&x=1"
    ),
    "a hook of Mattermost": "https://chat.example.com/hooks/«»",
    "a hook of n8n": "https://n8n.example.com/webhook/«»",
    "a hook on a host of hooks": "https://hooks.example.com/«services/T000/B0/{S}»",
    "a hook on another": "https://my.webhook.example.com/«{S}»",
    "a hook of Zapier": "https://hooks.zapier.com/hooks/catch/«»",
    "a hook of IFTTT": "https://maker.ifttt.com/trigger/event/with/key/«»",
    "a hook of Telegram": "https://api.telegram.org/bot«123:{S}»/sendMessage",
    "curl with a password": "curl -u me:«» https://host/x",
    "curl with flags": "curl -sSu me:«» https://host/x",
    "curl with a cookie": "curl -b 'session=«»' https://host/x",
    "curl with a password in quotes": "curl --user 'me:«»' https://host/x",
    "curl with a header": "curl -H 'Authorization: Bearer «»' https://host/x",
    "curl with a key": 'curl -H "X-Api-Key: «»" https://host/x',
    "an option": "run.sh --host db --password «» --verbose",
    "an option with =": "run.sh --host db --api-key=«» --verbose",
    "a variable of a shell": "export API_TOKEN=«»; ./run.sh",
    "a variable before a command": "PGPASSWORD=«» psql -h db -U me",
    "sshpass": "sshpass -p «» ssh me@host",
    "mysql": "mysql -h db -u me -p«» shop",
    "docker login": "docker login -u me -p «» registry.example.com",
    "mongo": "mongodump -u me -p «» --db x",
    "beeline": "beeline -u jdbc:hive2://h:10000/db -n me -p «»",
    "ldapsearch": "ldapsearch -x -D cn=me -w «» -b dc=x",
    "7z": "7z x -p«» a.7z",
    "aws": "aws configure set aws_secret_access_key «»",
    "setx": "setx API_KEY «»",
    "PowerShell": "ConvertTo-SecureString '«»' -AsPlainText -Force",
    "a setting of Spark": """spark.conf.set("fs.s3a.secret.key", "«»")""",
    "redis-cli": "redis-cli -h db -a «» ping",
    "a property of Java": "-Xmx2g -Djavax.net.ssl.keyStorePassword=«» -Dx=1",
    "properties": "db.user=me\ndb.password=«»\ndb.pool=5",
    "properties with blanks": "db.user = me\ndb.password = «»\ndb.pool = 5",
    "YAML": "user: me\npassword: «»\npool: 5",
    "YAML in quotes": 'user: me\npassword: "«»"\npool: 5',
    "a block of YAML": "password: |\n  «{S}\n\n  more»\nx: 1",
    "pairs in YAML": "- name: DB_PASSWORD\n  value: «»\n- name: x",
    "pairs in JSON": '[{"name": "password", "value": "«»"}, {"name": "x"}]',
    "JSON in a text": '{"user": "me", "password": "«»", "pool": 5}',
    "JSON in JSON": '{\\"user\\": \\"me\\", \\"api_key\\": \\"«»\\", \\"pool\\": 5}',
    "XML": "<db><user>me</user><password>«»</password></db>",
    "prose": "Ask me for access. The password is in here: password: «». Bye",
    "a short sentence": "my pw is «»",
    "a sentence": "The password is «», and the user is me.",
    "a name of two words": "Account Key: «»",
    "an RSA key": (
        "«-----BEGIN RSA PRIVATE KEY-----\n{S}\n-----END RSA PRIVATE KEY-----» x"
    ),
    "a key": "x «-----BEGIN PRIVATE KEY-----\\n{S}\\n-----END PRIVATE KEY-----» x",
    "an OpenSSH key": "x «-----BEGIN OPENSSH PRIVATE KEY-----\n{S}»",
    "a PGP key": (
        "«-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{S}\n"
        "-----END PGP PRIVATE KEY BLOCK-----»"
    ),
    "a PuTTY key": (
        "«PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n{S}\nPrivate-MAC: 0»"
    ),
    "AWS": "AKIAIOSFODNN7EXAMPLE:«»",
}
# Where the secret has to have a shape: of base64, of a key of AWS.
FORMS = {
    "basic in a header": "bWU6aHVudGVyMi12ZXJ5LXNlY3JldA==",
    "AWS": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY",
}

_HOOK = {"hook": {"type": "github", "configuration": {"accessToken": SECRET}}}
_AWS_KEY = FORMS["AWS"]

# Documents, and what in them is the secret.
DOCUMENTS = {
    "a property": (
        {"dkuProperties": [{"name": "db.password", "value": SECRET}]},
        SECRET,
    ),
    "a header": ({"headers": [{"key": "Authorization", "value": SECRET}]}, SECRET),
    "another": ({"headers": [{"header": "X-Api-Key", "value": SECRET}]}, SECRET),
    "headers": ({"headers": [["Authorization", f"Bearer {SECRET}"]]}, SECRET),
    "two headers": ({"headers": [["Accept", "x"], ["X-Api-Key", SECRET]]}, SECRET),
    "a name of a header": (
        {"rules": [{"headerName": "X-Api-Key", "headerValue": SECRET}]},
        SECRET,
    ),
    "of Postman": ({"authorization": {"type": "bearer", "value": SECRET}}, SECRET),
    "arguments of curl": (
        {"args": ["curl", "-u", f"me:{SECRET}", "https://h"]},
        SECRET,
    ),
    "a header in a list": (
        {"headers": ["Accept: */*", f"X-Api-Key: {SECRET}"]},
        SECRET,
    ),
    "from and to": ({"headers": [{"from": "Authorization", "to": SECRET}]}, SECRET),
    "of a query": ({"query_string": [{"from": "api_key", "to": SECRET}]}, SECRET),
    "a default": ({"params": [{"name": "token", "defaultValue": SECRET}]}, SECRET),
    "another default": ({"params": [{"name": "apiKey", "default": SECRET}]}, SECRET),
    "a parameter": ({"params": [{"parameter": "password", "value": SECRET}]}, SECRET),
    "a variable": ({"env": [{"variable": "DB_PASSWORD", "value": SECRET}]}, SECRET),
    "an id": ({"fields": [{"id": "client_secret", "value": SECRET}]}, SECRET),
    "a label": ({"fields": [{"label": "API key", "value": SECRET}]}, SECRET),
    "capitals": ({"tags": [{"Key": "Password", "Value": SECRET}]}, SECRET),
    "a type": (
        {"params": [{"name": "x", "type": "PASSWORD", "defaultValue": SECRET}]},
        SECRET,
    ),
    "a format": ({"x": {"format": "password", "default": SECRET}}, SECRET),
    "another name": ({"env": [{"varName": "DB_PWD", "varValue": SECRET}]}, SECRET),
    "an argument": ({"x": [{"argument": "password", "value": SECRET}]}, SECRET),
    "a kind": ({"params": [{"name": "x", "kind": "secret", "value": SECRET}]}, SECRET),
    "another flag": (
        {"x": [{"name": "x", "value": SECRET, "encrypted": True}]},
        SECRET,
    ),
    "a flag": (
        {"properties": [{"name": "x", "value": SECRET, "secret": True}]},
        SECRET,
    ),
    "a list under a name": ({"apiKeys": ["", SECRET]}, SECRET),
    "an object under a name": ({"credentials": {"mode": "BASIC", "x": SECRET}}, SECRET),
    "a map under a name": ({"secrets": {"db": SECRET}}, SECRET),
    "a number": ({"pinCode": 271828182845}, "271828182845"),
    "a fraction": ({"password": 2.718281828}, "2.718281828"),
    "a preset in line": (
        {"preset_credentials_db": {"mode": "INLINE", "inlinedConfig": {"x": SECRET}}},
        SECRET,
    ),
    "a hook of a project": ({"integrations": {"integrations": [_HOOK]}}, SECRET),
    "arguments": ({"args": ["--host", "db", "--password", SECRET]}, SECRET),
    "a JSON Web Key": ({"jwk": {"kty": "RSA", "n": "abc", "d": SECRET}}, SECRET),
    "a key of AWS": ({"id": "AKIAIOSFODNN7EXAMPLE", "x": _AWS_KEY}, _AWS_KEY),
    "an unknown chat": ({"webhookUrl": f"https://chat.example.com/x/{SECRET}"}, SECRET),
    "keys of an API service": (
        {"authRealm": {"queryKeys": [{"key": SECRET, "label": "x", "createdOn": 1}]}},
        SECRET,
    ),
    "a web app": ({"apiKey": SECRET, "config": {}}, SECRET),
    "encrypted": ({"x": f"e:AES:{_AWS_KEY}"}, _AWS_KEY),
    "encrypted in a text": ({"x": f"a=e:AES:{_AWS_KEY}; b"}, _AWS_KEY),
    "a connection string": (
        {"properties": [{"name": "connectionString", "value": SECRET}]},
        SECRET,
    ),
    "a map of tokens": ({"tokens": {"a": SECRET, "b": "a word"}}, SECRET),
    "a map of tokens of a kind": ({"sf_tokens": {"shop": SECRET}}, SECRET),
    "a login before a host": ({"host": f"me:{SECRET}@pg.example.com"}, SECRET),
    "a short password before a host": ({"host": "me:pw9@pg"}, "pw9"),
    "a login before hosts": (
        {"brokers": f"a.example.com:9092,me:{SECRET}@b.example.com:9092"},
        SECRET,
    ),
    "a variable of a recipe": ({"variables": {"nested": {"DB_PWD": SECRET}}}, SECRET),
    "in a plugin": (
        {"customConfig": {"account": {"inlinedConfig": {"oauth-token": SECRET}}}},
        SECRET,
    ),
}
