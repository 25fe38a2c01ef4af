drop table faq_votes;
