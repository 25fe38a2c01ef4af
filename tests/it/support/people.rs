//! People with accounts, signed in over HTTP.

use ilmspace::identity::{Role, VouchedAccount, create_account};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Client, TestServer};

/// Long enough for staff, guessable by nobody.
pub const PASSWORD: &str = "yashil-choy-piyola-7";

/// Somebody signed in.
pub struct Person {
    pub id: Uuid,
    pub email: String,
    pub client: Client,
}

impl std::ops::Deref for Person {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl std::ops::DerefMut for Person {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

impl Client {
    /// Takes the access token out of an answer that signs in; gives the person in it.
    pub fn keep(&mut self, signed_in: &Value) -> Value {
        self.token = Some(signed_in["access_token"].as_str().expect("a token").to_owned());
        signed_in["user"].clone()
    }
}

impl TestServer {
    /// A student called `name`, signed in.
    pub async fn student(&self, name: &str) -> Person {
        self.person(name, &[]).await
    }

    /// An author called `name`, signed in.
    pub async fn author(&self, name: &str) -> Person {
        self.person(name, &[Role::Author]).await
    }

    /// Somebody with these roles, signed in.
    pub async fn person(&self, name: &str, roles: &[Role]) -> Person {
        let email = format!("{name}@example.com");
        let id = self.account(name, roles).await;
        let client = self.sign_in(&email).await;
        Person { id, email, client }
    }

    /// An account with these roles that nobody has signed in to yet.
    pub async fn account(&self, name: &str, roles: &[Role]) -> Uuid {
        let email = format!("{name}@example.com");
        let account = VouchedAccount {
            email: &email,
            password: PASSWORD,
            first_name: name,
            last_name: "Test",
            locale: "en",
            roles,
        };
        create_account(&self.app, account).await.expect("an account")
    }

    /// The same person in another browser.
    pub async fn sign_in(&self, email: &str) -> Client {
        let mut client = self.anonymous();
        let credentials = json!({"email": email, "password": PASSWORD});
        let answer = client.post("/api/v1/auth/login", credentials).await.expect(200);
        client.token = Some(answer.json()["access_token"].as_str().unwrap().to_owned());
        client
    }
}
