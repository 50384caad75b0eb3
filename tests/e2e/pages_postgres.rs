//! The pages on the other database: every one that links lead to, and a table of pupils that comes in.

use tests::reader::crawl;
use tests::scene::{CLERK, PORTAL_PRINCIPAL, PRINCIPAL, Scene, TUTOR};
use tests::world::Plan;

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_there_on_postgresql_too() {
    let Some(plan) = Plan::of("legacy-2019").on_postgres() else { return };
    let scene = Scene::of(plan).await.at_work().await;
    for (login, least) in [(PRINCIPAL, 60), (CLERK, 50), (TUTOR, 15), (PORTAL_PRINCIPAL, 40)] {
        let mut reader = scene.reader(login).await;
        // The crawl itself refuses dead links and answers that are errors.
        let found = crawl(&mut reader, &["/office"], 2).await;
        assert!(found.len() >= least, "{login} came to {} pages", found.len());
        for search in
            ["/office/pupils?q=zof", "/office/pupils?q=7a&where=active", "/office/slips?state=expiring"]
        {
            let answer = reader.get(search).await;
            assert!(answer.status == 200, "{login}: {search}: {}", answer.status);
        }
    }
}
