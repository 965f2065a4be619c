"""Names, places and streets of the demo company's customers, French and Belgian, and what they type.

The lists are our own. Nobody in them is a real person; e-mail domains are those of RFC 2606, telephone numbers those
that France sets aside for fiction, IP addresses those of RFC 5737 and RFC 3849.
"""

FIRST_NAMES_FR = (
    ("Mme", "Amélie"), ("M.", "Aurélien"), ("Mme", "Anne-Sophie"), ("M.", "Baptiste"), ("Mme", "Céline"),
    ("M.", "Cédric"), ("Mme", "Chloé"), ("M.", "Clément"), ("Mme", "Delphine"), ("M.", "Étienne"),
    ("Mme", "Éléonore"), ("M.", "Fabrice"), ("Mme", "Fatoumata"), ("M.", "François-Xavier"), ("Mme", "Françoise"),
    ("M.", "Gaël"), ("Mme", "Hélène"), ("M.", "Hervé"), ("Mme", "Inès"), ("M.", "Jérôme"),
    ("Mme", "Jeanne"), ("M.", "Karim"), ("Mme", "Léa"), ("M.", "Loïc"), ("Mme", "Maïté"),
    ("M.", "Mathéo"), ("Mme", "Marie-Thérèse"), ("M.", "Mehdi"), ("Mme", "Noémie"), ("M.", "Noël"),
    ("Mme", "Océane"), ("M.", "Pascal"), ("Mme", "Renée"), ("M.", "Rémi"), ("Mme", "Soraya"),
    ("M.", "Sébastien"), ("Mme", "Thérèse"), ("M.", "Tristan"), ("Mme", "Yasmine"), ("M.", "Zacharie"),
)  # fmt: skip
"""Civility and first name."""

FIRST_NAMES_NL = (
    ("Mevr.", "Anneleen"), ("Dhr.", "Bram"), ("Mevr.", "Caro"), ("Dhr.", "Dries"), ("Mevr.", "Eline"),
    ("Dhr.", "Geert"), ("Mevr.", "Griet"), ("Dhr.", "Jeroen"), ("Mevr.", "Katrien"), ("Dhr.", "Koen"),
    ("Mevr.", "Lieselot"), ("Dhr.", "Maarten"), ("Mevr.", "Noor"), ("Dhr.", "Pieter-Jan"), ("Mevr.", "Sofie"),
    ("Dhr.", "Stijn"), ("Mevr.", "Veerle"), ("Dhr.", "Wouter"), ("Mevr.", "Zoë"), ("Dhr.", "Joël"),
)  # fmt: skip
"""Civility and first name."""

LAST_NAMES_FR = (
    "Allard", "Béraud", "Bénard", "Ben Saïd", "Bouvier", "Carpentier", "Chéron", "Cœurjoly", "D'Amico",
    "de la Fontaine", "Delacroix", "Descamps", "Desrumaux", "Diallo", "Dufrêne", "Duquesne", "Etchegaray", "Faÿ",
    "Gérard", "Goncalvès", "Hérault", "Hennebelle", "Jaouën", "Kervadec", "L'Hermitte", "L'Hôte", "Lagrange",
    "Le Bihan", "Le Goff", "Lefebvre", "Lemaître", "Léveillé", "Mahé", "Marchand-Vasseur", "Mercier", "N'Guessan",
    "Noël", "Ouvrard", "Péchenard", "Picquet", "Quéré", "Rémy", "Rousselière", "Saint-Pol", "Sénéchal", "Tévenin",
    "Trân", "Vanhoutte", "Vasseur", "Zérouali",
)  # fmt: skip

LAST_NAMES_NL = (
    "Aerts", "Bogaerts", "Claeys", "De Backer", "De Smedt", "De Vleeschauwer", "D'Hondt", "Goossens", "Haegeman",
    "Lambrechts", "Maes", "Meeus", "Nijs", "Peeters", "Segers", "Thys", "Van Damme", "Van den Bossche",
    "Van der Straeten", "Vandenbroucke", "Vanderhaeghen-Vandecasteele", "Verhaeghe", "Vermeulen", "Wouters",
)  # fmt: skip

PLACES_FR = (
    ("59200", "Tourcoing"), ("59100", "Roubaix"), ("59000", "Lille"), ("59650", "Villeneuve-d'Ascq"),
    ("62000", "Arras"),
    ("59140", "Dunkerque"), ("80000", "Amiens"), ("75011", "Paris"), ("93200", "Saint-Denis"), ("69003", "Lyon"),
    ("13006", "Marseille"), ("31000", "Toulouse"), ("35000", "Rennes"), ("67000", "Strasbourg"), ("33000", "Bordeaux"),
    ("44000", "Nantes"), ("06300", "Nice"), ("38000", "Grenoble"), ("56340", "Carnac"), ("51100", "Reims"),
)  # fmt: skip
"""Postal code and town."""

PLACES_BE_FR = (
    ("7700", "Mouscron"), ("7500", "Tournai"), ("1140", "Evere"), ("1000", "Bruxelles"), ("4000", "Liège"),
    ("5000", "Namur"), ("6000", "Charleroi"), ("7000", "Mons"), ("1348", "Ottignies-Louvain-la-Neuve"),
)  # fmt: skip
"""Postal code and town."""

PLACES_BE_NL = (
    ("9000", "Gent"), ("2000", "Antwerpen"), ("8500", "Kortrijk"), ("8000", "Brugge"), ("3000", "Leuven"),
    ("2800", "Mechelen"), ("8930", "Menen"), ("1030", "Schaarbeek"), ("3500", "Hasselt"),
)  # fmt: skip
"""Postal code and town."""

STREETS_FR = (
    "rue de la Filature", "rue du Moulin-Brûlé", "avenue des Tilleuls", "place de l'Église", "quai de l'Ouest",
    "allée des Mésanges", "boulevard Gambetta", "impasse du Château-d'Eau", "rue des Trois-Pierres", "chemin du Halage",
    "rue de l'Abbé-Lemire", "cours de la Liberté", "rue Saint-Éloi", "résidence Les Glycines, bât. B, rue du Brun-Pain",
)  # fmt: skip

STREETS_NL = (
    "Sint-Jansstraat", "Kasteeldreef", "Oude Graanmarkt", "Leiekaai", "Lindelaan", "Brouwerijstraat", "Meersstraat",
    "Koningin Astridlaan", "Kortrijksesteenweg", "Groeningestraat",
)  # fmt: skip

MAIL_DOMAINS = (
    "example.org",
    "example.com",
    "example.net",
    "mail.example.org",
    "poste.example.net",
    "courriel.example",
)

PLANS = ("Fibre 500", "Fibre Max", "Mobile 20 Go", "Mobile 100 Go", "Mobile Europe", "Fixe illimité", "Bouquet TV")

CHARGES = (
    "Abonnement Fibre", "Abonnement mobile", "Location décodeur", "Appels internationaux", "Option TV",
    "Frais de mise en service", "Assurance écran",
)  # fmt: skip

AGENTS = ("a.lambert", "b.wauters", "c.delvaux", "d.nguyen", "e.martel", "f.desmet", "g.oliveira", "h.petit")
"""Logins of employees."""

SEGMENTS = ("famille connectée", "joueur en ligne", "voyageur", "petit budget", "senior", "télétravail")

INTERESTS = ("sport", "voyages", "cuisine", "jeux vidéo", "jardinage", "automobile", "mode", "musique classique")

CAMPAIGNS = ("Rentrée fibre", "Noël en famille", "Soldes d'hiver", "Zomeractie mobiel", "Parrainage", "Europe roaming")

BANNERS = ("fibre-max-728x90", "mobile-europe-300x250", "tv-famille-970x250", "energie-duo-300x600")

SITES = ("news.example.com", "meteo.example.net", "cuisine.example.org", "sport.example.com", "forum.example.net")

PAGES = (
    "/", "/mon-compte", "/mon-compte/factures", "/offres/fibre", "/offres/mobile", "/assistance", "/nl/mijn-account",
    "/panier", "/assistance/panne", "/confidentialite",
)  # fmt: skip

USER_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.5 Safari/605.1.15",
)

ERRORS = (
    "TypeError: panier.total is undefined", "HTTP 502 /api/factures", "Timeout 30000 ms /api/offres",
    "ChunkLoadError: assistance", "SecurityError: localStorage",
)  # fmt: skip

NETWORKS = (
    ("ES", "Red Ibérica"),
    ("IT", "Rete Blu"),
    ("DE", "Nordfunk"),
    ("GB", "Albion Mobile"),
    ("MA", "Atlas Télécom"),
)
"""Country and network."""
